#pragma once

#include <string>

#include "brood/exec.hpp"

namespace brood {

/// Node's spawnSync, execSync and execFileSync: run a program to its end and give what it wrote. They block the calling
/// thread, need no loop, and leave nothing behind.
struct sync_options {
  /// Written to the program's stdin, which is at its end after it; unless exec.in is neither a pipe nor a terminal.
  std::string input{};
  exec_options exec{};
};

/// Throws spawn_error, and boost::system::system_error with errc::status_lost where other code collected the status. A
/// program that fails is a result, as with exec_file(); `result.check()` throws. A channel would have nobody at its
/// other end: std::invalid_argument.
exec_result exec_file_sync(const std::string& file, arguments args = {}, const sync_options& options = {});

/// The same for a line of shell.
exec_result exec_sync(const std::string& line, const sync_options& options = {});

/// How a program ended.
struct spawn_sync_result : exit_status {
  bool timed_out = false;  ///< spawn_options::timeout was over before
};

/// Runs a program with this process's own standard streams, or what the options say, and returns how it ended. A stream
/// that is a pipe would have nobody at its other end: std::invalid_argument.
spawn_sync_result spawn_sync(const std::string& command, arguments args = {}, const spawn_options& options = {});
spawn_sync_result spawn_sync(const std::string& command, const spawn_options& options);
spawn_sync_result spawn_sync(const shell& line, const spawn_options& options = {});

}  // namespace brood
