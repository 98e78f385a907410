# PENSTOCK_SANITIZE: a -fsanitize= list ("address,undefined", "thread"), or empty.
set(PENSTOCK_SANITIZE "" CACHE STRING "Value for -fsanitize=, or empty")
option(PENSTOCK_BUILD_TESTS "Build tests, fuzz targets' corpus runners and benchmarks" ON)
option(PENSTOCK_FUZZ "Build the libFuzzer targets (clang only)" OFF)

# Every build checks container and optional access: a bad index must stop the program, not the customer's data.
add_compile_definitions(_GLIBCXX_ASSERTIONS)

if(PENSTOCK_SANITIZE)
  add_compile_options(-fsanitize=${PENSTOCK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PENSTOCK_SANITIZE})
endif()
if(PENSTOCK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
