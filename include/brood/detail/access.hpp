#pragma once

#include <memory>
#include <utility>

namespace brood::detail {

/// Creates objects whose constructors take private types.
struct access {
  template <class Object, class... Arguments>
  static Object make(Arguments&&... arguments) {
    return Object(std::forward<Arguments>(arguments)...);
  }
  template <class Object, class... Arguments>
  static std::unique_ptr<Object> make_unique(Arguments&&... arguments) {
    return std::unique_ptr<Object>(new Object(std::forward<Arguments>(arguments)...));
  }
};

/// Move assignment of a handle: releases the state of `object` as its destructor does, and takes over that of `other`.
template <class Handle>
Handle& replace(Handle& object, Handle&& other) noexcept {
  if (&object != &other) {
    std::destroy_at(&object);
    std::construct_at(&object, std::move(other));
  }
  return object;
}

}  // namespace brood::detail
