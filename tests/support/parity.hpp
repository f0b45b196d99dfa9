#pragma once

#include <boost/json/value.hpp>
#include <brood/spawn_sync.hpp>
#include <functional>
#include <string>

namespace brood_test {

/// What the installed Node makes of a request: actors/parity.mjs.
std::string node(const std::string& form, const std::string& file, const brood::arguments& args = {},
                 const boost::json::value& options = boost::json::object_kind);

/// The same words for what brood made of it.
std::string told(const std::string& how, const std::string& out = "", const std::string& err = "");
std::string told(const brood::exec_result& result);
/// Runs `start`, which gives what was told; a start that fails is told as "failed with ENOENT".
std::string told(const std::function<std::string()>& start);

/// Runs a program to its end by spawn(), with `input` for its stdin.
std::string spawned(const std::string& file, const brood::arguments& args = {},
                    const brood::spawn_options& options = {}, const std::string& input = "");

}  // namespace brood_test
