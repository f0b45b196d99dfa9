#pragma once

namespace brood_test {

/// Whether calls may be as deep as a message may be nested. ThreadSanitizer keeps a stack of them of its own, which
/// ends before.
#ifdef __SANITIZE_THREAD__
inline constexpr bool deep_calls = false;
#else
inline constexpr bool deep_calls = true;
#endif

}  // namespace brood_test
