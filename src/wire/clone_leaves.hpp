#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "brood/js.hpp"
#include "wire/clone_cursor.hpp"

namespace brood::detail::wire {

/// Reads the values that contain no others, and numbers every object: whatever has an identity is counted where it
/// begins, and a reference names it by that number.
class clone_leaves {
 public:
  explicit clone_leaves(std::string_view bytes) : in_(bytes) {}

 protected:
  bool fail(clone_fault what) { return in_.fail(what); }

  /// What follows this tag; fails with unknown_tag where it begins no leaf.
  bool take_leaf(char tag, value& to);
  /// One of Node's views on bytes, from its type on.
  bool take_host_view(value& to);

  std::size_t number_it(std::shared_ptr<js::node> node);
  void set_open(std::size_t id, bool open) { objects_[id].open = open; }
  /// A number that was given away before its object was there.
  void fill_in(std::size_t id, std::size_t same_as) { objects_[id].node = objects_[same_as].node; }

  clone_cursor in_;

 private:
  struct known {
    std::shared_ptr<js::node> node;
    bool open = false;  // begun and not ended
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
