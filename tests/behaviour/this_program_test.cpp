#include <gtest/gtest.h>

#include <brood/child_process.hpp>
#include <brood/this_program.hpp>
#include <filesystem>
#include <fstream>

#include "support.hpp"
#include "support/temporary_folder.hpp"

// Which file "this program" is, and the workers of a service whose link is switched to a new release.

namespace {

using namespace brood_test;
namespace fs = std::filesystem;

TEST(this_program, is_the_file_that_runs_here) {
  EXPECT_TRUE(brood::this_program().is_absolute());
  EXPECT_TRUE(fs::equivalent(brood::this_program(), "/proc/self/exe"));
}

/// Two releases of a service, and a link to the current one.
class release : public testing::Test {
 protected:
  release() {
    for (const char* name : {"1", "2"}) {
      fs::create_directory(root / name);
      fs::copy_file(actor("released_service"), root / name / "svc");
    }
    fs::create_directory_symlink("1", root / "current");
  }

  std::string file(const char* number) const { return (root / number / "svc").string(); }

  void switch_to(const char* number) const {
    fs::create_directory_symlink(number, root / "next");
    fs::rename(root / "next", root / "current");
  }

  /// Starts it, calls `change` once its worker runs, reloads, and gives what it printed.
  std::string reloaded(const std::string& command, brood::arguments args, std::function<void()> change,
                       const fs::path& from = {}) {
    std::string text;
    auto child = brood::spawn(io, command, std::move(args), {.cwd = from, .env = env});
    child.out().on_data([&](std::string_view data) {
      const bool first = text.find('\n') == std::string::npos;
      text += data;
      if (first && text.find('\n') != std::string::npos) {
        change();
        child.in().write("reload\n");
      }
      if (text.find("replaced") != std::string::npos && text.ends_with('\n')) child.in().end();
    });
    io.run();
    return text;
  }

  std::string expected(const std::string& before, const std::string& after, const std::string& name_before,
                       const std::string& name_after) {
    return "worker runs " + before + " as " + name_before + "\nworker runs " + after + " as " + name_after +
           "\nreplaced 1 by " + after + " \n";
  }

  loop io;
  temporary_folder dir;
  const fs::path root = fs::canonical(dir.path());
  brood::environment env;
};

TEST_F(release, runs_what_its_link_leads_to_after_a_reload) {
  const std::string name = (root / "current/svc").string();
  const auto text = reloaded(name, {}, [&] { switch_to("2"); });
  EXPECT_EQ(text, expected(file("1"), file("2"), name, name));
}

TEST_F(release, may_be_started_by_a_relative_name_and_go_elsewhere) {
  const std::string name = (root / "current/svc").string();
  const auto text = reloaded(
      "current/svc", {"elsewhere"}, [&] { switch_to("2"); }, root);
  EXPECT_EQ(text, expected(file("1"), file("2"), name, name));
}

TEST_F(release, may_be_found_by_the_path) {
  const std::string name = (root / "current/svc").string();
  env.set("PATH", (root / "current").string() + ":/usr/bin:/bin");
  const auto text = reloaded("svc", {}, [&] { switch_to("2"); });
  EXPECT_EQ(text, expected(file("1"), file("2"), name, name));
}

TEST_F(release, is_found_whatever_its_argv_says) {
  const std::string name = (root / "current/svc").string();
  const auto text = reloaded("/bin/bash", {"-c", "exec -a /bin/true " + name}, [&] { switch_to("2"); });
  EXPECT_EQ(text, expected(file("1"), file("2"), name, name));
}

TEST_F(release, runs_its_own_file_where_the_name_leads_nowhere) {
  const std::string name = (root / "current/svc").string();
  const auto text = reloaded(name, {}, [&] { fs::remove(root / "current"); });
  EXPECT_EQ(text, expected(file("1"), file("1"), name, file("1")));
}

TEST_F(release, runs_on_where_its_file_was_removed) {
  const std::string name = (root / "current/svc").string();
  const auto text = reloaded(name, {}, [&] { fs::remove_all(root / "1"); });
  const std::string gone = file("1") + " (deleted)";
  EXPECT_NE(text.find("worker runs " + gone + " as /proc/self/exe\nreplaced 1"), std::string::npos) << text;
}

TEST_F(release, is_not_what_has_taken_its_place_and_cannot_be_run) {
  const std::string name = (root / "current/svc").string();
  const auto text = reloaded(name, {}, [&] {
    fs::remove(root / "current");
    fs::create_directory(root / "current");
    std::ofstream(root / "current/svc") << "no program";
  });
  EXPECT_EQ(text, expected(file("1"), file("1"), name, file("1")));
}

}  // namespace
