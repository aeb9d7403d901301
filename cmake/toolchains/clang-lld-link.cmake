#[[
Toolchain file: drivers by clang, which takes gcc's options and calls lld-link itself, on any host. Linker options go
through it: target_link_options(... "LINKER:/driver"), or "SHELL:-Xlinker /section:INIT,ERD" for those with a comma.

  cmake --toolchain <package>/cmake/toolchains/clang-lld-link.cmake [-DDRIVER_ARCHITECTURE=x64|arm64] ...
]]
include("${CMAKE_CURRENT_LIST_DIR}/llvm.cmake")
llvm_tool(CMAKE_C_COMPILER clang)
set(CMAKE_CXX_COMPILER "${CMAKE_C_COMPILER}")
