#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace brood_test {

/// One row of tests/conformance/cases.json: bytes, and the answer to them of a server that echoes target and body.
struct http_case {
  std::string name;
  std::string sent;      ///< with the probe at its end, if there is one
  std::string answered;  ///< the answer to the probe included; without Date fields
  bool ends = false;     ///< the client says that it sends no more; else the server is the one to close
};
std::ostream& operator<<(std::ostream& out, const http_case& c);

/// All of them. Throws where the table is malformed.
std::vector<http_case> http_cases();

/// The name as gtest wants it.
std::string test_name(const http_case& c);

/// Without "100 Continue": whether a client that asks for it gets it depends on how much has come. If nothing
/// follows, it may be cut off: the client has ended its request without a body, and its connection is dropped.
std::string without_continue(const std::string& text);
/// Without Date fields, whose value nobody can tell beforehand.
std::string without_date(const std::string& text);

}  // namespace brood_test
