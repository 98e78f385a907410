# penstock_library(NAME sidecar_domain SRCS a.cc b.cc DEPS penstock::result PRIVATE_DEPS PkgConfig::XXHASH)
#
# One target per folder, explicit sources, no globs. Adds the alias penstock::<NAME>, the repository root as
# include root, and the warnings. A folder of headers only becomes an INTERFACE library.
function(penstock_library)
  cmake_parse_arguments(ARG "" "NAME" "SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target penstock_${ARG_NAME})
  if(ARG_SRCS)
    add_library(${target} STATIC ${ARG_SRCS})
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target} PUBLIC ${ARG_DEPS} PRIVATE penstock::warnings ${ARG_PRIVATE_DEPS})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${target} INTERFACE ${ARG_DEPS})
  endif()
  add_library(penstock::${ARG_NAME} ALIAS ${target})
endfunction()
