#pragma once

#include <gtest/gtest.h>

#include <brood/exec.hpp>
#include <string>
#include <utility>

#include "support.hpp"

namespace brood_test {

/// The result of a line of shell, which is expected to start.
inline brood::exec_result result_of(const std::string& line, const brood::exec_options& options = {}) {
  loop io;
  brood::exec_result got;
  brood::exec(io, line, options, [&](brood::error_code ec, brood::exec_result result) {
    EXPECT_FALSE(ec) << ec.message();
    got = std::move(result);
  });
  io.run();
  return got;
}

}  // namespace brood_test
