// derrd serve: answers over HTTP.
#include <csignal>

#include "derrd/cli/command.h"
#include "derrd/cli/outputs.h"
#include "derrd/cli/precision_flag.h"
#include "derrd/core/error.h"
#include "derrd/core/parallel.h"
#include "derrd/serve/server.h"

namespace derrd::cli {
namespace {

struct ServeOptions : CommonOptions {
  serve::ServerOptions server;
  double look_every = 2, request_seconds = 10, idle_seconds = 60, drain_seconds = 30;
};

std::chrono::milliseconds Milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<long>(seconds * 1000));
}

void RunServe(const ServeOptions& options) {
  serve::ServerOptions server = options.server;
  if (server.certificate_path.empty() != server.key_path.empty()) {
    Fail<UsageError>("--tls-certificate and --tls-key belong together; give both");
  }
  if (options.json && server.access_log_path == "-") {
    Fail<UsageError>("--access-log - and --json both want standard output; log to a file");
  }
  if (!server.access_log_path.empty() && server.access_log_path != "-") {
    CheckOutputs({server.access_log_path},
                 {server.paths.student, server.paths.teacher, server.paths.dataset,
                  server.token_path, server.certificate_path, server.key_path});
  }
  server.threads = static_cast<std::size_t>(Parallel(options.threads).threads());
  server.look_every = Milliseconds(options.look_every);
  server.connection_limits.request = Milliseconds(options.request_seconds);
  server.connection_limits.idle = Milliseconds(options.idle_seconds);
  server.connection_limits.drain = Milliseconds(options.drain_seconds);
  std::signal(SIGPIPE, SIG_IGN);  // a log that nobody reads any more must not end the server
  serve::Server running(server);
  if (options.json) PrintJson({{"url", running.url()}, {"port", running.port()}});
  serve::LogEvent("listening", {{"url", running.url()}, {"model", server.paths.student}});
  running.Run();
}

void AddLimits(CLI::App& app, ServeOptions& options) {
  serve::ServerOptions& server = options.server;
  AddFlag(app, "--max-k", server.request_limits.k, "The most items of an answer",
          WholeNumber(1, 1000000));
  AddFlag(app, "--max-batch", server.request_limits.batch, "The most requests of a batch",
          WholeNumber(1, 100000));
  AddFlag(app, "--max-body", server.connection_limits.body, "The most bytes of a request's body",
          WholeNumber(1, 1u << 30));
  AddFlag(app, "--max-connections", server.connections, "The most connections at a time",
          WholeNumber(1, 1000000));
  AddFlag(app, "--request-timeout", options.request_seconds,
          "Seconds that a request may take to arrive, and its answer to be taken",
          Number(0.001, 86400));
  AddFlag(app, "--idle-timeout", options.idle_seconds, "Seconds that a connection may lie idle",
          Number(0.001, 86400));
  AddFlag(app, "--drain-timeout", options.drain_seconds,
          "Seconds that connections have to end after SIGTERM", Number(0, 86400));
}

}  // namespace

void AddServeCommand(CLI::App& program) {
  const auto [app, options] = AddCommand<ServeOptions>(
      program, "serve", "Answer over HTTP, with a page to try it",
      "derrd serve student.derrd --dataset citeulike.derrd --compare teacher.derrd\n"
      "  curl -d '{\"user\": \"42\", \"k\": 5}' -H 'Content-Type: application/json' "
      "http://127.0.0.1:8080/v1/recommend",
      RunServe);
  serve::ServerOptions& server = options->server;
  app->add_option("MODEL", server.paths.student, "Model that answers")->required();
  app->add_option("--compare", server.paths.teacher,
                  "Teacher whose answers stand beside the model's where a request asks for them");
  app->add_option("--dataset", server.paths.dataset,
                  "Data set whose training items are the users' histories, which are not "
                  "recommended again; it knows the items' attributes, too");
  AddPrecisionFlag(*app, server.paths.precision);
  app->add_option("--address", server.address, "IP address to listen at")->capture_default_str();
  app->add_option("--port", server.port, "Port to listen at; 0: any that is free")
      ->check(WholeNumber(0, 65535))
      ->capture_default_str();
  app->add_option("--token-file", server.token_path,
                  "File with the bearer token without which nothing is answered");
  app->add_option("--tls-certificate", server.certificate_path, "Certificate chain (PEM)");
  app->add_option("--tls-key", server.key_path, "Private key of the certificate (PEM)");
  app->add_option("--access-log", server.access_log_path,
                  "File that gets a line of JSON for each request; -: standard output");
  AddFlag(*app, "--look-every", options->look_every,
          "Seconds between looks whether the files have changed; 0: only on SIGHUP",
          Number(0, 86400));
  AddLimits(*app, *options);
}

}  // namespace derrd::cli
