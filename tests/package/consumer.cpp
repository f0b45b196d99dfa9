// What any user's first program does: include everything, call something that is compiled into the library.
#include <brood.hpp>

int main() { return brood::available_parallelism() > 0 ? 0 : 1; }
