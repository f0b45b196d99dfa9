// Who a server is: its certificates, protocols and names, and what is wrong with the files they come from.
#include <gtest/gtest.h>

#include <boost/system/system_error.hpp>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "https/tls_peer.hpp"

namespace brood_test {
namespace {

namespace https = brood::https;

const auto greets = [](const auto&, auto& response) { response.end("hello"); };

TEST(https_identity, speaks_http_1_1_where_it_is_asked) {
  served_securely server{greets};
  peer_context context;
  EXPECT_EQ((tls_peer{context, server.where()}.protocol()), "");
  EXPECT_EQ((tls_peer{context, server.where(), {.protocols = "\x02h2\x08http/1.1"}}.protocol()), "http/1.1");
  EXPECT_FALSE((tls_peer{context, server.where(), {.protocols = "\x02h2"}}.connected()));
}

TEST(https_identity, has_a_certificate_for_each_name) {
  authority issuer;
  auto options = issuer.server();
  options.more.push_back(issuer.issue({.file = "a", .names = "DNS:a.example"}));
  options.more.push_back(issuer.issue({.file = "b", .names = "DNS:b.example,DNS:*.b.example"}));
  served server{greets, {.tls = https::server_tls{options}}};
  peer_context context;
  const auto asked = [&](const std::string& name, bool resume = false) {
    tls_peer client{context, server.where(), {.name = name, .resume = resume}};
    client.send(get("/"));
    client.until("hello");
    return client.subject() + (client.resumed() ? " again" : "");
  };
  EXPECT_EQ(asked(""), "server");
  EXPECT_EQ(asked("localhost"), "server");
  EXPECT_EQ(asked("a.example"), "a");
  EXPECT_EQ(asked("A.EXAMPLE", true), "a again");
  EXPECT_EQ(asked("x.b.example"), "b");
  EXPECT_EQ(asked("c.example"), "server");
}

TEST(https_identity, is_read_again) {
  served_securely server{greets};
  peer_context context;
  tls_peer before{context, server.where()};
  const auto reload = [&] { server->on_loop([&] { return server.tls().reload(), 0; }); };
  // Put in place of the old files, as tools do that renew certificates.
  const auto files = server.issuer().issue({.file = "renewed"});
  const auto& folder = server.issuer().folder();
  std::filesystem::rename(files.certificate, folder / "server.pem");
  EXPECT_THROW(reload(), boost::system::system_error);  // the key is missing: another one is still there
  EXPECT_EQ((tls_peer{context, server.where()}.subject()), "server");
  std::filesystem::rename(files.key, folder / "server.key");
  reload();
  EXPECT_EQ((tls_peer{context, server.where()}.subject()), "renewed");
  before.send(get("/"));
  EXPECT_EQ(before.until("hello"), ok("hello"));
}

TEST(https_identity, its_last_touch_is_the_programs) {
  authority issuer;
  auto options = issuer.server();
  options.configure = [](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); };
  served server{greets, {.tls = https::server_tls{options}}};
  peer_context new_only{TLS1_3_VERSION};
  peer_context old{TLS1_2_VERSION};
  EXPECT_FALSE((tls_peer{new_only, server.where()}.connected()));
  EXPECT_TRUE((tls_peer{old, server.where()}.connected()));
}

TEST(https_identity, an_encrypted_key_needs_its_passphrase) {
  authority issuer;
  auto files = issuer.issue({.file = "locked", .passphrase = "open sesame"});
  served server{greets, {.tls = https::server_tls{{files.certificate, files.key, files.passphrase}}}};
  peer_context context;
  EXPECT_EQ((tls_peer{context, server.where()}.subject()), "locked");
  EXPECT_THROW((https::server_tls{{files.certificate, files.key, "wrong"}}), boost::system::system_error);
  EXPECT_THROW((https::server_tls{{files.certificate, files.key}}), boost::system::system_error);
}

/// What it throws, "" if nothing.
std::string complaint(const std::function<void()>& f) {
  try {
    f();
  } catch (const boost::system::system_error& error) {
    return error.what();
  }
  return "";
}

TEST(https_identity, what_is_wrong_with_a_file_is_told_with_its_name) {
  authority issuer;
  const auto good = issuer.issue({.file = "good"});
  const auto other = issuer.issue({.file = "other"});
  const std::string folder = issuer.ca().parent_path().string();
  std::ofstream(folder + "/text") << "no certificate at all\n";
  const auto complains = [](const https::certificate_files& files) {
    return complaint([&] { const https::server_tls never{{files.certificate, files.key, files.passphrase}}; });
  };
  EXPECT_EQ(
      complains({folder + "/none.pem", good.key}).find("https: certificate " + folder + "/none.pem: No such file"), 0U);
  EXPECT_EQ(
      complains({good.certificate, folder + "/none.key"}).find("https: key " + folder + "/none.key: No such file"), 0U);
  EXPECT_EQ(complains({folder, good.key}).find("https: certificate " + folder + ": Is a directory"), 0U);
  EXPECT_EQ(complains({"", good.key}).find("https: certificate : No such file"), 0U);
  EXPECT_EQ(complains({folder + "/text", good.key}).find("https: certificate " + folder + "/text: no start line"), 0U);
  EXPECT_EQ(complains({good.certificate, folder + "/text"}).find("https: key " + folder + "/text: "), 0U);
  EXPECT_EQ(complains({good.certificate, other.key})
                .find("https: key " + folder + "/other.key of another certificate than " + folder + "/good.pem: "),
            0U);
  EXPECT_EQ(complains({good.certificate, good.key}), "");
  const auto trusts = [](const std::filesystem::path& ca) {
    return complaint([&] { const https::client_tls never{{.ca = ca}}; });
  };
  EXPECT_EQ(trusts(folder + "/none").find("https: trusted certificates " + folder + "/none: No such file"), 0U);
  EXPECT_EQ(trusts(folder + "/text").find("https: trusted certificates " + folder + "/text: "), 0U);
}

}  // namespace
}  // namespace brood_test
