// Letters that HTTP and people write in either case.
#ifndef DERRD_SERVE_ASCII_H_
#define DERRD_SERVE_ASCII_H_

namespace derrd::serve {

constexpr char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace derrd::serve

#endif  // DERRD_SERVE_ASCII_H_
