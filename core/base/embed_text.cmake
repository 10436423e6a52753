# Texts of files as parts of the program; included by scripts that CMake runs at build time.

# embed_text(FILE FUNCTION INTO): appends to the variable INTO a function FUNCTION() that returns what FILE holds.
function(embed_text file function into)
  # As hexadecimal: what CMake would take for lists or for the end of a literal stays what it is.
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
  # In pieces: compilers take no literal longer than 65 536 bytes for portable.
  string(LENGTH "${bytes}" size)
  set(pieces "")
  set(at 0)
  while(at LESS size)
    string(SUBSTRING "${bytes}" ${at} 16000 piece)
    string(APPEND pieces "      \"${piece}\",\n")
    math(EXPR at "${at} + 16000")
  endwhile()
  set(${into} "${${into}}
std::string_view ${function}() {
  static const std::string k_text = [] {
    std::string text;
    for (const char* piece : {
${pieces}    })
      text += piece;
    return text;
  }();
  return k_text;
}
" PARENT_SCOPE)
endfunction()
