#[[
Toolchain file: drivers by clang-cl and lld-link, on any host. The compiler takes cl's options, the linker is called
directly.

  cmake --toolchain <package>/cmake/toolchains/clang-cl-lld-link.cmake [-DDRIVER_ARCHITECTURE=x64|arm64] ...
]]
include("${CMAKE_CURRENT_LIST_DIR}/llvm.cmake")
llvm_tool(CMAKE_C_COMPILER clang-cl)
set(CMAKE_CXX_COMPILER "${CMAKE_C_COMPILER}")
llvm_tool(CMAKE_LINKER lld-link)
