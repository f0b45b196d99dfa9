#include <gtest/gtest.h>
#include <unistd.h>

#include <brood/child_process.hpp>
#include <filesystem>
#include <fstream>

#include "support.hpp"
#include "support/temporary_folder.hpp"

// A program that is there, and yet "not found": the system means what it would have been run by.
namespace {

namespace fs = std::filesystem;

class a_program_whose_interpreter : public testing::Test {
 protected:
  std::string make(const std::string& name, const std::string& content) {
    const fs::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }

  /// What spawn() says; empty where it started.
  static std::string message(const std::string& command, const brood::spawn_options& options = {}) {
    brood_test::loop io;
    try {
      brood::spawn(io, command, {}, options);
      io.run();
    } catch (const brood::spawn_error& error) {
      EXPECT_EQ(error.step(), brood::spawn_step::execute);
      return error.what();
    }
    return {};
  }

  const brood_test::temporary_folder folder_;
};

TEST_F(a_program_whose_interpreter, is_missing_names_it) {
  const auto script = make("script", "#! /no/such/python -u\nprint(1)\n");
  EXPECT_EQ(message(script), "spawn: cannot execute " + script +
                                 " (its interpreter /no/such/python is missing): No such file or directory");
}

TEST_F(a_program_whose_interpreter, is_missing_names_it_when_found_in_the_path) {
  const auto script = make("tool", "#!/no/such\n");
  EXPECT_EQ(message("tool", {.env = brood::environment{}.set("PATH", "/nowhere:" + folder_.path().string())}),
            "spawn: cannot execute " + script + " (its interpreter /no/such is missing): No such file or directory");
}

TEST_F(a_program_whose_interpreter, is_missing_names_it_from_the_childs_directory) {
  make("script", "#!./runner\n");
  EXPECT_EQ(message("./script", {.cwd = folder_.path()}),
            "spawn: cannot execute ./script (its interpreter ./runner is missing): No such file or directory");
}

TEST_F(a_program_whose_interpreter, cannot_be_executed_names_it) {
  const auto script = make("script", "#!/etc/passwd\n");
  EXPECT_EQ(message(script),
            "spawn: cannot execute " + script + " (its interpreter /etc/passwd cannot be executed): Permission denied");
}

TEST_F(a_program_whose_interpreter, is_a_dynamic_loader_names_that) {
  std::ifstream from("/bin/true", std::ios::binary);
  std::string program{std::istreambuf_iterator<char>(from), {}};
  const auto at = program.find("/lib");
  ASSERT_NE(at, std::string::npos);
  const std::string loader = program.c_str() + at;
  program.replace(at, 4, "/non");
  const std::string expected = "/non" + loader.substr(4);
  const auto path = make("true", program);
  EXPECT_EQ(message(path), "spawn: cannot execute " + path + " (its interpreter " + expected +
                               " is missing): No such file or directory");
}

TEST_F(a_program_whose_interpreter, is_not_to_blame_is_told_as_ever) {
  EXPECT_EQ(message((folder_ / "none").string()),
            "spawn: cannot execute " + (folder_ / "none").string() + ": No such file or directory");
  EXPECT_EQ(message(make("fine", "#!/bin/sh\nexit 0\n")), "");
}

}  // namespace
