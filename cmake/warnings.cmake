# One source for the warning flags. Third-party headers come in as SYSTEM and are exempt.
add_library(penstock_warnings INTERFACE)
add_library(penstock::warnings ALIAS penstock_warnings)

target_compile_options(
  penstock_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Werror
            -Wshadow
            -Wconversion
            -Wsign-conversion
            -Wold-style-cast
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wcast-qual
            -Wcast-align
            -Wformat=2
            -Wundef
            -Wvla
            -Wimplicit-fallthrough
            -Wswitch-enum
            -Wextra-semi
            -Wredundant-decls
            -Wmissing-declarations)

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # -Wmissing-designated-field-initializers: leaving a field to its default is the point of designated initialisers.
  target_compile_options(
    penstock_warnings INTERFACE -Wthread-safety -Wunreachable-code -Wno-missing-designated-field-initializers)
else()
  # g++ 12 has no switch for designated initialisers alone, and its maybe-uninitialized, restrict and dangling
  # analyses misfire inside libstdc++ 12 and coroutine frames.
  target_compile_options(
    penstock_warnings
    INTERFACE -Wduplicated-cond
              -Wduplicated-branches
              -Wlogical-op
              -Wsuggest-override
              -Wno-missing-field-initializers
              -Wno-maybe-uninitialized
              -Wno-restrict)
endif()
