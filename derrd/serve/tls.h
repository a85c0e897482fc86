// Certificates.
#ifndef DERRD_SERVE_TLS_H_
#define DERRD_SERVE_TLS_H_

#include <boost/asio/ssl/context.hpp>
#include <string>

namespace derrd::serve {

// A server's side of TLS 1.2 and 1.3, from a certificate (with those that vouch for it) and its
// private key, both PEM. Error that names the file that cannot be read or does not fit.
boost::asio::ssl::context MakeTls(const std::string& certificate_path, const std::string& key_path);

}  // namespace derrd::serve

#endif  // DERRD_SERVE_TLS_H_
