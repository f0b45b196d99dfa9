#pragma once

#include <string>

#include "brood/exec.hpp"

namespace brood {

/// Node's spawnSync, execSync and execFileSync. They run a program to its end and return its output. They block the
/// calling thread, need no event loop, and leave nothing behind.
struct sync_options {
  /// Written to the program's standard input, which then ends. Ignored if exec.in is neither a pipe nor a terminal.
  std::string input{};
  exec_options exec{};
};

/// Runs a program and returns its result. A program that fails is a result, as with exec_file(); `result.check()`
/// throws.
/// Throws: spawn_error; boost::system::system_error with errc::status_lost if other code of this process collected the
/// status; std::invalid_argument for a channel, because there is no loop to read it.
exec_result exec_file_sync(const std::string& file, arguments args = {}, const sync_options& options = {});

/// The same for a line of shell.
exec_result exec_sync(const std::string& line, const sync_options& options = {});

/// How a program ended.
struct spawn_sync_result : exit_status {
  bool timed_out = false;  ///< spawn_options::timeout expired first
};

/// Runs a program with this process's own standard streams, or those of the options, and returns how it ended.
/// Throws: spawn_error; boost::system::system_error with errc::status_lost as exec_file_sync(); std::invalid_argument
/// for a stream that is a pipe, a terminal or a channel, because nothing would read its other end.
spawn_sync_result spawn_sync(const std::string& command, arguments args = {}, const spawn_options& options = {});
spawn_sync_result spawn_sync(const std::string& command, const spawn_options& options);
spawn_sync_result spawn_sync(const shell& line, const spawn_options& options = {});

}  // namespace brood
