# CMake 4.1 has the like for MSVC alone.
include(Platform/Windows-Clang-C)
set(CMAKE_SHARED_LIBRARY_SUFFIX .sys)
set(CMAKE_SHARED_MODULE_SUFFIX .sys)
