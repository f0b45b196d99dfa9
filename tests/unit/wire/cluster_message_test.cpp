#include "wire/cluster_message.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <limits>

#include "wire/frames.hpp"

namespace {

namespace json = boost::json;
using namespace brood::detail::wire;
using act = cluster_message::act;

cluster_message parse(std::string_view text) { return parse_cluster_message(json::parse(text).as_object()); }

// ---- what Node's own primaries and workers have been seen to send

TEST(cluster_message, online_of_a_node_worker) {
  const auto m = parse(R"({"cmd":"NODE_CLUSTER","act":"online","seq":0})");
  EXPECT_EQ(m.what, act::online);
  EXPECT_EQ(m.seq, 0);
  EXPECT_FALSE(m.ack);
}

struct query {
  const char* name;
  const char* text;
  listen_request expected;
  const char* key;
};

class a_query_of_a_node_worker : public testing::TestWithParam<query> {};

TEST_P(a_query_of_a_node_worker, is_understood) {
  const auto m = parse(GetParam().text);
  EXPECT_EQ(m.what, act::query_server);
  EXPECT_EQ(m.seq, 1);
  const listen_request& expected = GetParam().expected;
  EXPECT_EQ(m.request.address, expected.address);
  EXPECT_EQ(m.request.port, expected.port);
  EXPECT_EQ(m.request.address_type, expected.address_type);
  EXPECT_EQ(m.request.fd, expected.fd);
  EXPECT_EQ(m.request.flags, expected.flags);
  EXPECT_EQ(m.request.backlog, expected.backlog);
  EXPECT_EQ(m.request.index, expected.index);
  EXPECT_EQ(m.request.data, expected.data);
  EXPECT_EQ(m.request.key(), GetParam().key);
}

INSTANTIATE_TEST_SUITE_P(
    that, a_query_of_a_node_worker,
    testing::Values(
        query{
            "listens_on_any_address_node_20",
            R"({"cmd":"NODE_CLUSTER","act":"queryServer","index":0,"data":null,"address":null,"port":0,"addressType":4,"backlog":false,"seq":1})",
            {},
            "null:0:4:undefined:0"},
        query{
            "listens_on_any_address_node_26",
            R"({"cmd":"NODE_CLUSTER","act":"queryServer","index":0,"data":null,"address":null,"port":8000,"addressType":4,"flags":0,"backlog":0,"seq":1})",
            {.port = 8000},
            "null:8000:4:undefined"},
        query{
            "listens_on_one_address",
            R"({"cmd":"NODE_CLUSTER","act":"queryServer","index":2,"data":null,"address":"127.0.0.1","port":0,"addressType":4,"flags":0,"backlog":511,"seq":1})",
            {.address = "127.0.0.1", .backlog = 511, .index = 2},
            "127.0.0.1:0:4:undefined:2"},
        query{
            "listens_on_ipv6_only",
            R"({"cmd":"NODE_CLUSTER","act":"queryServer","index":0,"data":null,"address":"::","port":81,"addressType":6,"flags":1,"seq":1})",
            {.address = "::", .port = 81, .address_type = "6", .flags = 1},
            ":::81:6:undefined"},
        query{
            "listens_on_a_path",
            R"({"cmd":"NODE_CLUSTER","act":"queryServer","index":0,"data":null,"address":"/run/app/sock1","port":-1,"addressType":-1,"backlog":511,"readableAll":true,"seq":1})",
            {.address = "/run/app/sock1", .port = -1, .address_type = "-1", .backlog = 511},
            "/run/app/sock1:-1:-1:undefined"},
        query{
            "listens_on_a_descriptor",
            R"({"cmd":"NODE_CLUSTER","act":"queryServer","index":0,"data":null,"address":null,"port":null,"addressType":null,"fd":7,"seq":1})",
            {.fd = 7},
            "null:0:4:7:0"},
        query{
            "binds_udp_without_a_port",
            R"({"cmd":"NODE_CLUSTER","act":"queryServer","index":0,"data":null,"address":"0.0.0.0","addressType":"udp4","fd":-1,"flags":0,"seq":1})",
            {.address = "0.0.0.0", .address_type = "udp4", .fd = -1},
            "0.0.0.0:0:udp4:-1:0"},
        query{
            "has_ticket_keys",
            R"({"cmd":"NODE_CLUSTER","act":"queryServer","index":0,"data":{"ticketKeys":"ab"},"address":null,"port":443,"addressType":4,"seq":1})",
            {.port = 443, .data = {{"ticketKeys", "ab"}}},
            "null:443:4:undefined"}),
    [](const auto& one) { return one.param.name; });

TEST(cluster_message, listening_of_a_node_worker_has_the_real_port) {
  const auto m = parse(
      R"({"cmd":"NODE_CLUSTER","act":"listening","index":0,"data":null,"address":null,"port":39337,"addressType":4,"backlog":false,"seq":2})");
  EXPECT_EQ(m.what, act::listening);
  EXPECT_EQ(m.request.port, 39337);
}

TEST(cluster_message, a_worker_says_whether_it_took_a_connection) {
  const auto yes = parse(R"({"cmd":"NODE_CLUSTER","ack":1,"accepted":true,"seq":3})");
  EXPECT_EQ(yes.what, act::none);
  EXPECT_EQ(yes.ack, 1);
  EXPECT_EQ(yes.accepted, true);
  EXPECT_EQ(parse(R"({"cmd":"NODE_CLUSTER","ack":1,"accepted":false,"seq":3})").accepted, false);
  EXPECT_FALSE(parse(R"({"cmd":"NODE_CLUSTER","ack":1,"accepted":1,"seq":3})").accepted);
}

TEST(cluster_message, the_other_acts_of_node) {
  const auto close = parse(R"({"cmd":"NODE_CLUSTER","act":"close","key":"K1","seq":4})");
  EXPECT_EQ(close.what, act::close);
  EXPECT_EQ(close.key, "K1");
  EXPECT_FALSE(close.leaving);
  EXPECT_TRUE(parse(R"({"cmd":"NODE_CLUSTER","act":"close","key":"K1","leaving":true,"seq":4})").leaving);
  EXPECT_EQ(parse(R"({"cmd":"NODE_CLUSTER","act":"exitedAfterDisconnect","seq":5})").what,
            act::exited_after_disconnect);
  EXPECT_EQ(parse(R"({"cmd":"NODE_CLUSTER","act":"disconnect","seq":2})").what, act::disconnect);
  const auto connection = parse(R"({"cmd":"NODE_CLUSTER","act":"newconn","key":"127.0.0.1:0:4:undefined:0","seq":1})");
  EXPECT_EQ(connection.what, act::new_connection);
  EXPECT_EQ(connection.key, "127.0.0.1:0:4:undefined:0");
}

TEST(cluster_message, what_a_worker_told_for_all_comes_back_with_the_answer) {
  const auto reply =
      parse(R"({"cmd":"NODE_CLUSTER","errno":null,"key":"K","ack":1,"data":{"ticketKeys":"00"},"seq":0})");
  EXPECT_EQ(reply.data, (boost::json::value{{"ticketKeys", "00"}}));
  EXPECT_TRUE(parse(R"({"cmd":"NODE_CLUSTER","errno":null,"key":"K","ack":1,"data":null,"seq":0})").data.is_null());
  EXPECT_TRUE(parse(R"({"cmd":"NODE_CLUSTER","ack":1,"seq":0})").data.is_null());
}

struct listen_reply {
  const char* name;
  const char* text;
  std::int64_t error;
  const char* key;
  std::optional<socket_name> sockname;
};

class a_reply_of_a_node_primary : public testing::TestWithParam<listen_reply> {};

TEST_P(a_reply_of_a_node_primary, is_understood) {
  const auto m = parse(GetParam().text);
  EXPECT_EQ(m.ack, 1);
  EXPECT_EQ(m.error, GetParam().error);
  EXPECT_EQ(m.key, GetParam().key);
  ASSERT_EQ(m.sockname.has_value(), GetParam().sockname.has_value());
  if (!m.sockname) return;
  EXPECT_EQ(m.sockname->address, GetParam().sockname->address);
  EXPECT_EQ(m.sockname->port, GetParam().sockname->port);
  EXPECT_EQ(m.sockname->ipv6, GetParam().sockname->ipv6);
}

INSTANTIATE_TEST_SUITE_P(
    that, a_reply_of_a_node_primary,
    testing::Values(
        listen_reply{
            "listens_on_any_address",
            R"({"cmd":"NODE_CLUSTER","errno":null,"key":"null:0:4:undefined:0","ack":1,"data":null,"sockname":{"address":"::","family":"IPv6","port":42853},"seq":0})",
            0, "null:0:4:undefined:0", socket_name{"::", 42853, true}},
        listen_reply{
            "listens_on_one_address",
            R"({"cmd":"NODE_CLUSTER","errno":null,"key":"127.0.0.1:0:4:undefined:0","ack":1,"data":null,"sockname":{"address":"127.0.0.1","family":"IPv4","port":41013},"seq":0})",
            0, "127.0.0.1:0:4:undefined:0", socket_name{"127.0.0.1", 41013, false}},
        listen_reply{
            "listens_on_a_path",
            R"({"cmd":"NODE_CLUSTER","errno":null,"key":"/run/app/sock1:-1:-1:undefined:0","ack":1,"data":null,"seq":0})",
            0, "/run/app/sock1:-1:-1:undefined:0", std::nullopt},
        listen_reply{
            "found_the_port_in_use",
            R"({"cmd":"NODE_CLUSTER","errno":-98,"key":"null:39627:4:undefined:0","ack":1,"data":null,"seq":0})", 98,
            "null:39627:4:undefined:0", std::nullopt},
        listen_reply{"shares_the_socket",
                     R"({"cmd":"NODE_CLUSTER","errno":0,"key":"null:0:4:undefined:0","ack":1,"data":null,"seq":0})", 0,
                     "null:0:4:undefined:0", std::nullopt}),
    [](const auto& one) { return one.param.name; });

// ---- what nobody should send

TEST(cluster_message, of_strange_types_keeps_the_defaults) {
  const auto m = parse(
      R"({"cmd":"NODE_CLUSTER","act":7,"seq":"x","ack":{},"key":1,"accepted":"yes","errno":"E","sockname":[1],"port":[]})");
  EXPECT_EQ(m.what, act::none);
  EXPECT_EQ(m.seq, -1);
  EXPECT_FALSE(m.ack);
  EXPECT_TRUE(m.key.empty());
  EXPECT_FALSE(m.accepted);
  EXPECT_EQ(m.error, 0);
  EXPECT_FALSE(m.sockname);
  EXPECT_EQ(parse(R"({"cmd":"NODE_CLUSTER","act":"quantum","seq":1})").what, act::none)
      << "Node ignores what it does not know";
}

TEST(cluster_message, bears_numbers_of_any_size) {
  for (const char* number : {"-9223372036854775808", "9223372036854775807", "18446744073709551615", "1e300", "-1e300",
                             "0.5", "-0.0", "1e-300", "123456789012345678901234567890"}) {
    const std::string n = number;
    const auto m = parse(R"({"cmd":"NODE_CLUSTER","act":"queryServer","seq":)" + n + R"(,"ack":)" + n + R"(,"errno":)" +
                         n + R"(,"port":)" + n + R"(,"fd":)" + n + R"(,"flags":)" + n + R"(,"backlog":)" + n +
                         R"(,"index":)" + n + R"(,"addressType":)" + n + R"(,"sockname":{"port":)" + n + "}}");
    EXPECT_GE(m.error, 0) << n;
    EXPECT_LE(m.error, std::numeric_limits<int>::max()) << "an errno is an int: " << n;
    EXPECT_FALSE(m.request.key().empty());
  }
}

TEST(cluster_message, drops_a_port_that_is_none) {
  EXPECT_EQ(parse(R"({"ack":1,"sockname":{"address":"::","family":"IPv6","port":65536}})").sockname->port, 0);
  EXPECT_EQ(parse(R"({"ack":1,"sockname":{"address":"::","family":"IPv6","port":-1}})").sockname->port, 0);
}

// ---- what brood sends

/// Parses as JSON, is one line, and internal by Node's rule.
cluster_message sent(const std::string& text) {
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const json::value value = json::parse(text);
  EXPECT_EQ(internal_command(value), "NODE_CLUSTER");
  return parse_cluster_message(value.as_object());
}

TEST(cluster_text, of_a_worker_says_what_node_expects) {
  EXPECT_EQ(online_text(0), R"({"cmd":"NODE_CLUSTER","seq":0,"act":"online"})");
  EXPECT_EQ(exited_after_disconnect_text(9), R"({"cmd":"NODE_CLUSTER","seq":9,"act":"exitedAfterDisconnect"})");
  EXPECT_EQ(close_text(4, "K\"1"), R"({"cmd":"NODE_CLUSTER","seq":4,"act":"close","key":"K\"1"})");
  EXPECT_EQ(close_text(4, "K", true), R"({"cmd":"NODE_CLUSTER","seq":4,"act":"close","key":"K","leaving":true})");
  EXPECT_EQ(accepted_text(3, 1, true), R"({"cmd":"NODE_CLUSTER","seq":3,"ack":1,"accepted":true})");
  EXPECT_EQ(sent(accepted_text(3, 1, false)).accepted, false);
}

TEST(cluster_text, of_a_primary_says_what_node_expects) {
  EXPECT_EQ(disconnect_text(2), R"({"cmd":"NODE_CLUSTER","seq":2,"act":"disconnect"})");
  EXPECT_EQ(ack_text(3, 8), R"({"cmd":"NODE_CLUSTER","seq":3,"ack":8})");
  EXPECT_EQ(new_connection_text(1, "K1"), R"({"cmd":"NODE_CLUSTER","seq":1,"act":"newconn","key":"K1"})");
  EXPECT_EQ(
      listen_reply_text(0, 1, "K1", 0, socket_name{"::", 39337, true}, nullptr),
      R"({"cmd":"NODE_CLUSTER","seq":0,"ack":1,"key":"K1","errno":null,"sockname":{"address":"::","family":"IPv6","port":39337},"data":null})");
  EXPECT_EQ(listen_reply_text(0, 1, "K1", 98, std::nullopt, {{"ticketKeys", "ab"}}),
            R"({"cmd":"NODE_CLUSTER","seq":0,"ack":1,"key":"K1","errno":-98,"data":{"ticketKeys":"ab"}})");
}

TEST(cluster_message, a_queue_of_ones_own_is_told_beside_what_node_understands) {
  using namespace brood::detail::wire;
  const std::string text = listen_reply_text(0, 1, "K1", 0, std::nullopt, nullptr, own_queue{7, true});
  EXPECT_EQ(text,
            R"({"cmd":"NODE_CLUSTER","seq":0,"ack":1,"key":"K1","errno":null,"slot":7,"countsLoad":true,"data":null})");
  const auto m = parse(text);
  EXPECT_EQ(m.slot, 7U);
  EXPECT_TRUE(m.counts_load);
  EXPECT_EQ(parse(listen_reply_text(0, 1, "K1", 0, std::nullopt, nullptr)).slot, std::nullopt);
  EXPECT_EQ(parse(R"({"cmd":"NODE_CLUSTER","ack":1,"slot":-1})").slot, std::nullopt);
  EXPECT_EQ(parse(R"({"cmd":"NODE_CLUSTER","ack":1,"slot":1e12})").slot, std::nullopt);
  const auto asked = parse(loads_text(4, "K1"));
  EXPECT_EQ(asked.what, cluster_message::act::loads);
  EXPECT_EQ(asked.key, "K1");
}

TEST(cluster_message, new_data_for_a_listener_is_no_answer) {
  const auto text = new_data_text(7, "null:80:4:undefined", {{"ticketKeys", "ab"}});
  EXPECT_EQ(text,
            R"({"cmd":"NODE_CLUSTER","seq":7,"act":"newData","key":"null:80:4:undefined","data":{"ticketKeys":"ab"}})");
  const auto m = parse(text);
  EXPECT_EQ(m.what, act::new_data);
  EXPECT_EQ(m.key, "null:80:4:undefined");
  EXPECT_EQ(m.data, (json::value{{"ticketKeys", "ab"}}));
  EXPECT_FALSE(m.ack);
}

TEST(cluster_message, traffic_is_reported_to_who_asks_for_it) {
  using namespace brood::detail::wire;
  const std::string reply = listen_reply_text(0, 1, "K1", 0, std::nullopt, nullptr, {}, 100);
  EXPECT_EQ(reply, R"({"cmd":"NODE_CLUSTER","seq":0,"ack":1,"key":"K1","errno":null,"reportEvery":100,"data":null})");
  EXPECT_EQ(parse(reply).report_every, 100U);
  EXPECT_EQ(parse(R"({"cmd":"NODE_CLUSTER","ack":1,"reportEvery":-1})").report_every, std::nullopt);
  EXPECT_EQ(parse(R"({"cmd":"NODE_CLUSTER","ack":1,"reportEvery":5e9})").report_every, std::nullopt);
  const std::string text = traffic_text(3, {.accepted = 12, .open = 0});
  EXPECT_EQ(text, R"({"cmd":"NODE_CLUSTER","seq":3,"act":"traffic","accepted":12,"open":0})");
  EXPECT_EQ(parse(text).what, act::traffic);
  EXPECT_EQ(parse(text).report, (traffic_report{.accepted = 12, .open = 0}));
  EXPECT_EQ(parse(traffic_text(3, {.accepted = 12})).report, traffic_report{.accepted = 12}) << "open is not told";
  EXPECT_EQ(parse(R"({"cmd":"NODE_CLUSTER","act":"traffic","accepted":-3,"open":"x"})").report, traffic_report{});
  EXPECT_EQ(parse(traffic_text(3, {.requests = 7})).report, traffic_report{.requests = 7});
  EXPECT_EQ(parse(R"({"cmd":"NODE_CLUSTER","act":"traffic","requests":-1})").report, traffic_report{});
}

struct request_form {
  const char* name;
  listen_request request;
  const char* text;
};

class a_query_text : public testing::TestWithParam<request_form> {};

TEST_P(a_query_text, is_that_of_node_and_reads_back) {
  const std::string text = query_text(1, GetParam().request);
  EXPECT_EQ(text, GetParam().text);
  EXPECT_EQ(sent(text).request.key(), GetParam().request.key());
  EXPECT_EQ(sent(listening_text(2, GetParam().request, 4321)).request.port, 4321);
}

INSTANTIATE_TEST_SUITE_P(
    for_, a_query_text,
    testing::Values(
        request_form{
            "any_address",
            {.port = 8000},
            R"({"cmd":"NODE_CLUSTER","seq":1,"act":"queryServer","index":0,"data":null,"address":null,"port":8000,"addressType":4,"flags":0,"backlog":0})"},
        request_form{
            "a_path",
            {.address = "/tmp/a \"b\"", .port = -1, .address_type = "-1"},
            R"({"cmd":"NODE_CLUSTER","seq":1,"act":"queryServer","index":0,"data":null,"address":"/tmp/a \"b\"","port":-1,"addressType":-1,"flags":0,"backlog":0})"},
        request_form{
            "udp",
            {.address = "0.0.0.0", .address_type = "udp4", .fd = -1, .index = 3},
            R"({"cmd":"NODE_CLUSTER","seq":1,"act":"queryServer","index":3,"data":null,"address":"0.0.0.0","port":0,"addressType":"udp4","fd":-1,"flags":0,"backlog":0})"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
