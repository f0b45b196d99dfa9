#include "wire/frames.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace {

namespace json = boost::json;
using brood::attachment;
using namespace brood::detail::wire;

struct classed {
  const char* name;
  const char* text;
  const char* command;
};

class a_message : public testing::TestWithParam<classed> {};

TEST_P(a_message, is_internal_by_the_rule_of_node) {
  EXPECT_EQ(internal_command(json::parse(GetParam().text)), GetParam().command);
}

INSTANTIATE_TEST_SUITE_P(
    of, a_message,
    testing::Values(classed{"cluster", R"({"cmd":"NODE_CLUSTER","act":"online","seq":0})", "NODE_CLUSTER"},
                    classed{"ack", R"({"cmd":"NODE_HANDLE_ACK"})", "NODE_HANDLE_ACK"},
                    classed{"unknown", R"({"x":1,"cmd":"NODE_X"})", "NODE_X"},
                    classed{"prefix_only", R"({"cmd":"NODE_"})", ""}, classed{"lower_case", R"({"cmd":"node_x"})", ""},
                    classed{"other", R"({"cmd":"XNODE_X"})", ""}, classed{"in_an_array", R"([{"cmd":"NODE_X"}])", ""},
                    classed{"nested", R"({"msg":{"cmd":"NODE_X"}})", ""}, classed{"number", R"({"cmd":7})", ""},
                    classed{"null_command", R"({"cmd":null})", ""},
                    classed{"no_command", R"({"command":"NODE_X"})", ""}, classed{"string", R"("NODE_X")", ""},
                    classed{"null", "null", ""}, classed{"empty", "{}", ""}),
    [](const auto& one) { return one.param.name; });

struct handle_form {
  attachment::kind type;
  const char* text;
};

class a_handle_frame : public testing::TestWithParam<handle_form> {};

TEST_P(a_handle_frame, is_written_and_read) {
  const std::string frame = handle_frame(GetParam().type, R"({"n":1})");
  EXPECT_EQ(frame, GetParam().text);
  const handle_content content = open_handle_frame(json::parse(frame).as_object());
  EXPECT_EQ(content.type, GetParam().type);
  EXPECT_EQ(json::serialize(content.body), R"({"n":1})");
}

INSTANTIATE_TEST_SUITE_P(
    of, a_handle_frame,
    testing::Values(handle_form{attachment::kind::native, R"({"cmd":"NODE_HANDLE","type":"net.Native","msg":{"n":1}})"},
                    handle_form{attachment::kind::socket, R"({"cmd":"NODE_HANDLE","type":"net.Socket","msg":{"n":1}})"},
                    handle_form{attachment::kind::server, R"({"cmd":"NODE_HANDLE","type":"net.Server","msg":{"n":1}})"},
                    handle_form{attachment::kind::datagram_native,
                                R"({"cmd":"NODE_HANDLE","type":"dgram.Native","msg":{"n":1}})"},
                    // Without dgramType, Node throws in the receiver.
                    handle_form{attachment::kind::datagram,
                                R"({"cmd":"NODE_HANDLE","type":"dgram.Socket","dgramType":"udp4","msg":{"n":1}})"}));

TEST(handle_frame, says_which_internet_a_datagram_socket_is_of) {
  EXPECT_EQ(handle_frame(attachment::kind::datagram, "1", true),
            R"({"cmd":"NODE_HANDLE","type":"dgram.Socket","dgramType":"udp6","msg":1})");
  EXPECT_EQ(handle_frame(attachment::kind::socket, "1", true), R"({"cmd":"NODE_HANDLE","type":"net.Socket","msg":1})");
}

struct captured {
  const char* name;
  const char* text;
  attachment::kind type;
  const char* body;
};

class a_captured_handle_frame : public testing::TestWithParam<captured> {};

TEST_P(a_captured_handle_frame, is_understood) {
  const handle_content content = open_handle_frame(json::parse(GetParam().text).as_object());
  EXPECT_EQ(content.type, GetParam().type);
  EXPECT_EQ(json::serialize(content.body), GetParam().body);
}

INSTANTIATE_TEST_SUITE_P(
    of, a_captured_handle_frame,
    testing::Values(
        captured{"socket", R"({"cmd":"NODE_HANDLE","type":"net.Socket","msg":{"n":"sock"},"key":"4:127.0.0.1:0"})",
                 attachment::kind::socket, R"({"n":"sock"})"},
        captured{"server", R"({"cmd":"NODE_HANDLE","type":"net.Server","msg":{"n":"server"}})",
                 attachment::kind::server, R"({"n":"server"})"},
        captured{"native", R"({"cmd":"NODE_HANDLE","type":"net.Native","msg":{"n":"native"}})",
                 attachment::kind::native, R"({"n":"native"})"},
        captured{"udp", R"({"cmd":"NODE_HANDLE","type":"dgram.Socket","msg":{"n":"udp"},"dgramType":"udp4"})",
                 attachment::kind::datagram, R"({"n":"udp"})"},
        captured{
            "new_connection",
            R"({"cmd":"NODE_HANDLE","type":"net.Native","msg":{"cmd":"NODE_CLUSTER","act":"newconn","key":"K1","seq":1}})",
            attachment::kind::native, R"({"cmd":"NODE_CLUSTER","act":"newconn","key":"K1","seq":1})"},
        captured{
            "sent_again",
            R"({"cmd":"NODE_HANDLE","type":"net.Native","msg":{"cmd":"NODE_HANDLE","type":"net.Socket","msg":{"n":"sock"},"key":"4:127.0.0.1:0"}})",
            attachment::kind::socket, R"({"n":"sock"})"},
        captured{
            "sent_thrice",
            R"({"cmd":"NODE_HANDLE","type":"net.Native","msg":{"cmd":"NODE_HANDLE","type":"net.Native","msg":{"cmd":"NODE_HANDLE","type":"net.Socket","msg":0}}})",
            attachment::kind::socket, "0"},
        captured{"without_message", R"({"cmd":"NODE_HANDLE","type":"net.Socket"})", attachment::kind::socket, "null"},
        captured{"nested_without_message", R"({"cmd":"NODE_HANDLE","msg":{"cmd":"NODE_HANDLE"}})",
                 attachment::kind::native, "null"},
        captured{"unknown_type", R"({"cmd":"NODE_HANDLE","type":"net.New","msg":1})", attachment::kind::native, "1"},
        captured{"type_is_no_text", R"({"cmd":"NODE_HANDLE","type":7,"msg":1})", attachment::kind::native, "1"}),
    [](const auto& one) { return one.param.name; });

TEST(acknowledgements, are_those_of_node) {
  EXPECT_EQ(handle_ack, R"({"cmd":"NODE_HANDLE_ACK"})");
  EXPECT_EQ(handle_nack, R"({"cmd":"NODE_HANDLE_NACK"})");
}

}  // namespace
