# Every third-party library, found once. All are Debian 12 packages (scripts/bootstrap installs them).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
pkg_check_modules(YAMLCPP REQUIRED IMPORTED_TARGET yaml-cpp)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(NFTABLES REQUIRED IMPORTED_TARGET libnftables)
pkg_check_modules(BROTLIDEC REQUIRED IMPORTED_TARGET libbrotlidec)
find_package(prometheus-cpp REQUIRED COMPONENTS core)

# The allocator of what ships; sanitizers bring their own.
add_library(penstock_allocator INTERFACE)
add_library(penstock::allocator ALIAS penstock_allocator)
if(NOT PENSTOCK_SANITIZE)
  pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
  target_link_libraries(penstock_allocator INTERFACE PkgConfig::JEMALLOC)
endif()

# Asio with the concrete executor everywhere; nothing else of Boost is compiled.
add_library(penstock_asio INTERFACE)
add_library(penstock::asio ALIAS penstock_asio)
target_link_libraries(penstock_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(
  penstock_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE
                          BOOST_ASIO_DISABLE_BOOST_CONTEXT_FIBER)

if(PENSTOCK_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
  pkg_check_modules(BROTLIENC REQUIRED IMPORTED_TARGET libbrotlienc)
endif()
