# Stands in for the platform of CMake 4.1 where CMake is older.
include(Platform/Windows)
set(CMAKE_SHARED_LIBRARY_SUFFIX .sys)
set(CMAKE_SHARED_MODULE_SUFFIX .sys)
