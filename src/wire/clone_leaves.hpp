#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "brood/js.hpp"
#include "wire/clone_cursor.hpp"

namespace brood::detail::wire {

/// Reads values that contain no other values, and numbers every object. An object gets its number where it begins; a
/// reference contains that number.
class clone_leaves {
 public:
  explicit clone_leaves(std::string_view bytes) : in_(bytes) {}

 protected:
  bool fail(clone_fault what) { return in_.fail(what); }

  /// Reads the content after this tag. Fails with unknown_tag if the tag begins no such value.
  bool take_leaf(char tag, value& to);
  /// Reads one of Node's views of bytes, from its type on.
  bool take_host_view(value& to);

  std::size_t number_it(std::shared_ptr<js::node> node);
  void set_open(std::size_t id, bool open) { objects_[id].open = open; }
  /// Sets the object of a number that was assigned before the object existed.
  void fill_in(std::size_t id, std::size_t same_as) { objects_[id].node = objects_[same_as].node; }

  clone_cursor in_;

 private:
  struct known {
    std::shared_ptr<js::node> node;
    bool open = false;  // begun but not complete
  };

  template <class T>
  bool add(value& to, T made) {
    auto node = std::make_shared<T>(std::move(made));
    number_it(node);
    to = value(std::move(node));
    return true;
  }

  bool take_primitive(char tag, value& to);
  bool take_text(char tag, value& to);
  bool take_bigint(value& to);
  bool take_double(value& to);
  bool take_date(value& to);
  bool take_regexp(value& to);
  bool take_boxed(char tag, value& to);
  bool take_reference(value& to);
  bool take_buffer(char tag, value& to);
  bool take_view_if_any(value& to);
  bool take_view(value& to);

  std::vector<known> objects_;
  std::size_t seen_through_views_ = 0;
};

}  // namespace brood::detail::wire
