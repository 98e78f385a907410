# penstock_test(NAME token_bucket_test SRCS token_bucket_test.cc DEPS penstock::sidecar_domain LABELS unit)
#
# A GoogleTest binary: gtest_main, one ctest entry a binary, labels, a timeout. Default label: unit; default
# timeout: 30 s.
function(penstock_test)
  cmake_parse_arguments(ARG "" "NAME;TIMEOUT" "SRCS;DEPS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 30)
  endif()
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${ARG_NAME} ${ARG_SRCS})
  target_include_directories(${ARG_NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${ARG_NAME} PRIVATE ${ARG_DEPS} penstock::warnings GTest::gtest_main)
  set_target_properties(${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  # Sanitizers run several times slower than the release build the limit is meant for.
  if(PENSTOCK_SANITIZE)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 6")
  endif()
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# penstock_fuzz(NAME head_parser CORPUS dir SRCS head_parser_fuzz.cc DEPS ...)
#
# SRCS define LLVMFuzzerTestOneInput. With PENSTOCK_FUZZ a libFuzzer binary; always a plain test that runs every
# file of the corpus once.
function(penstock_fuzz)
  cmake_parse_arguments(ARG "" "NAME;CORPUS" "SRCS;DEPS" ${ARGN})
  if(PENSTOCK_FUZZ)
    add_executable(fuzz_${ARG_NAME} ${ARG_SRCS})
    target_link_options(fuzz_${ARG_NAME} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${ARG_NAME} PRIVATE ${ARG_DEPS} penstock::warnings)
    set_target_properties(fuzz_${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  endif()
  add_executable(corpus_${ARG_NAME} ${ARG_SRCS} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus_main.cc)
  target_link_libraries(corpus_${ARG_NAME} PRIVATE ${ARG_DEPS} penstock::warnings)
  set_target_properties(corpus_${ARG_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME corpus_${ARG_NAME} COMMAND corpus_${ARG_NAME} ${ARG_CORPUS})
  set_tests_properties(corpus_${ARG_NAME} PROPERTIES LABELS "fuzz" TIMEOUT 60)
endfunction()
