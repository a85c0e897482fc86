#include "derrd/serve/tls.h"

#include "derrd/core/error.h"
#include "derrd/core/file.h"

namespace derrd::serve {

boost::asio::ssl::context MakeTls(const std::string& certificate_path,
                                  const std::string& key_path) {
  using boost::asio::ssl::context;
  context tls(context::tls_server);
  tls.set_options(context::default_workarounds | context::no_sslv2 | context::no_sslv3 |
                  context::no_tlsv1 | context::no_tlsv1_1);
  boost::system::error_code error;
  const std::string chain = ReadTextFile(certificate_path);
  tls.use_certificate_chain(boost::asio::buffer(chain), error);
  if (error) {
    Fail("{}: holds no certificate in PEM: {}; give the server's, then those that vouch for it",
         certificate_path, error.message());
  }
  const std::string key = ReadTextFile(key_path);
  tls.set_password_callback([](std::size_t, context::password_purpose) { return ""; });
  tls.use_private_key(boost::asio::buffer(key), context::pem, error);
  if (error) {
    Fail("{}: holds no private key in PEM, without a password, for the certificate of {}: {}",
         key_path, certificate_path, error.message());
  }
  return tls;
}

}  // namespace derrd::serve
