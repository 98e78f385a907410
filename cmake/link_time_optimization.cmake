# ThinLTO of what ships, without its price for everything else: objects hold machine code as well as bitcode, so that
# tests link the former in no time, and only who links penstock::shipped has its whole program optimised. Measured for
# the sidecar (docs/benchmarks.md): 2 % of a passed-through request, 5 % of a cache miss.
add_library(penstock_shipped INTERFACE)
add_library(penstock::shipped ALIAS penstock_shipped)
target_link_libraries(penstock_shipped INTERFACE penstock::allocator)
if(PENSTOCK_LTO)
  set(PENSTOCK_SHIPPED_OPTIONS -flto=thin -ffat-lto-objects)  # of the folders that ship
  target_link_options(penstock_shipped INTERFACE -flto=thin -Wl,--fat-lto-objects)
endif()
