#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <brood/message.hpp>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using brood::attachment;
using kind = attachment::kind;

const auto v4 = asio::ip::address_v4::loopback();
const auto v6 = asio::ip::address_v6::loopback();

TEST(attachment, knows_what_it_is) {
  asio::io_context io;
  EXPECT_EQ(attachment::of(tcp::acceptor(io, {v4, 0})).type(), kind::server);
  EXPECT_EQ(attachment::of(udp::socket(io, {v4, 0})).type(), kind::datagram);
  asio::local::stream_protocol::socket one(io), other(io);
  asio::local::connect_pair(one, other);
  EXPECT_EQ(attachment::of(std::move(one)).type(), kind::socket);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const brood::unique_fd read_end(ends[0]);
  EXPECT_EQ(attachment(brood::unique_fd(ends[1])).type(), kind::native);
  EXPECT_EQ(attachment(brood::unique_fd()).type(), kind::none);
}

TEST(attachment, gives_a_socket_away) {
  asio::io_context io;
  tcp::acceptor acceptor(io, {v4, 0});
  const auto where = acceptor.local_endpoint();
  const attachment given = attachment::of(std::move(acceptor));
  EXPECT_FALSE(acceptor.is_open());
  EXPECT_TRUE(given);
  tcp::socket client(io);
  EXPECT_NO_THROW(client.connect(where)) << "it listens still";
}

TEST(attachment, may_be_a_copy) {
  asio::io_context io;
  asio::local::stream_protocol::socket one(io), other(io);
  asio::local::connect_pair(one, other);
  attachment copy = attachment::copy_of(one);
  EXPECT_NE(copy.native_handle(), one.native_handle());
  auto same = copy.take_as<asio::local::stream_protocol::socket>(io);
  EXPECT_FALSE(copy);
  asio::write(same, asio::buffer("a", 1));
  asio::write(one, asio::buffer("b", 1));
  char text[2];
  asio::read(other, asio::buffer(text));
  EXPECT_EQ(std::string(text, 2), "ab");
  tcp::socket closed(io);
  EXPECT_THROW(attachment::copy_of(closed), boost::system::system_error);
}

template <class Address>
void becomes_an_asio_object_of_its_family(Address address) {
  asio::io_context io;
  tcp::acceptor listening(io, {address, 0});
  const auto where = listening.local_endpoint();
  attachment arrived = attachment::of(std::move(listening));
  auto acceptor = arrived.take_as<tcp::acceptor>(io);
  EXPECT_FALSE(arrived);
  EXPECT_EQ(acceptor.local_endpoint(), where);
  tcp::socket client(io);
  client.connect(where);
  EXPECT_EQ(acceptor.accept().remote_endpoint(), client.local_endpoint());
}

TEST(attachment, becomes_an_asio_object_again) {
  becomes_an_asio_object_of_its_family(v4);
  asio::io_context io;
  tcp::acceptor probe(io, tcp::v6());
  boost::system::error_code no_ipv6;
  probe.bind({v6, 0}, no_ipv6);
  if (!no_ipv6) becomes_an_asio_object_of_its_family(v6);
}

TEST(attachment, becomes_no_object_of_another_kind) {
  asio::io_context io;
  using local = asio::local::stream_protocol;
  const auto refused = [&](attachment&& from, auto take) {
    const auto type = from.type();
    try {
      take(from);
      return false;
    } catch (const boost::system::system_error& error) {
      return error.code() == boost::system::errc::invalid_argument && from.type() == type;
    }
  };
  const auto as_socket = [&](attachment& a) { a.take_as<tcp::socket>(io); };
  const auto as_acceptor = [&](attachment& a) { a.take_as<tcp::acceptor>(io); };
  EXPECT_TRUE(refused(attachment::of(tcp::acceptor(io, {v4, 0})), as_socket));
  EXPECT_TRUE(refused(attachment::of(udp::socket(io, {v4, 0})), as_socket));
  local::socket one(io), other(io);
  asio::local::connect_pair(one, other);
  EXPECT_TRUE(refused(attachment::of(std::move(one)), as_socket));
  EXPECT_TRUE(refused(attachment::of(std::move(other)), [&](attachment& a) { a.take_as<local::acceptor>(io); }));
  tcp::acceptor acceptor(io, {v4, 0});
  tcp::socket client(io);
  client.connect(acceptor.local_endpoint());
  EXPECT_TRUE(refused(attachment::copy_of(client), as_acceptor));
  EXPECT_TRUE(refused(attachment::copy_of(client), [&](attachment& a) { a.take_as<udp::socket>(io); }));
  EXPECT_FALSE(refused(attachment::copy_of(client), as_socket));
}

TEST(attachment, that_is_empty_becomes_nothing) {
  asio::io_context io;
  attachment empty;
  EXPECT_THROW(empty.take_as<tcp::socket>(io), boost::system::system_error);
}

}  // namespace
