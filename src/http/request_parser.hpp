#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>

#include "brood/http/request.hpp"

namespace brood::http::detail {

/// Beast's parser. It writes its results into a `request` as offsets into the buffer, without copying or allocating
/// fields.
///
/// It gets a complete head at once, then any parts of a chunked body. It rejects input that Beast accepts but RFC 9112
/// does not, and input that other parsers read differently and that could therefore be used for request smuggling.
class request_parser final : public boost::beast::http::basic_parser<true> {
 public:
  /// Both must outlive the parser.
  request_parser(request& out, std::size_t max_body_size);

  /// Parses the head, which is all of the `size` bytes at `start`, of the message that begins at `base`. Returns 0, or
  /// the status of the error response.
  int read_head(char* base, char* start, std::size_t size);

  /// The result of reading a part of a chunked body.
  struct progress {
    int refused = 0;           ///< the status of the error response
    bool starved = false;      ///< more input is needed
    std::size_t consumed = 0;  ///< of the encoded bytes
  };
  /// Decodes bytes and moves their content to base + the request's body offset + body size, which lies before them.
  progress read_body(char* base, char* from, std::size_t size);

  bool expects_continue() const noexcept { return expects_continue_; }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  using field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code&) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(field, string_view, string_view, error_code&) override;
  void on_header_impl(error_code&) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override;
  std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) override;
  void on_finish_impl(error_code&) override {}

  int check_field(field, string_view value);
  int status_of(const error_code&) const;
  void refuse(int status, error_code&);
  piece place(string_view) const noexcept;
  bool folded(string_view name, string_view value) const noexcept;

  request& out_;
  char* base_ = nullptr;
  char* input_ = nullptr;  // the parser's current input
  std::size_t input_size_ = 0;
  std::uint64_t chunk_left_ = 0;
  std::size_t extensions_ = 0;
  int refused_ = 0;
  int hosts_ = 0;
  int lengths_ = 0;
  bool in_body_ = false;
  bool expects_continue_ = false;
};

}  // namespace brood::http::detail
