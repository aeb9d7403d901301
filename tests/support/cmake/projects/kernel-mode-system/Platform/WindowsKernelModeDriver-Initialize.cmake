# Nothing: CMake's own asks for an environment of Visual Studio and the driver kit.
