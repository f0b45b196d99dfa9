#pragma once

namespace brood {

/// The two forms that Node gives messages on a channel. The parent chooses; both directions use the same.
enum class serialization {
  json,      ///< a line of JSON each
  advanced,  ///< V8's structured clone format: all that a brood::value can hold
};

}  // namespace brood
