/** Project files as Visual Studio, the WDK's wizard and people write them; put together by hand. */

/** A KMDF project. `LF`, UTF-8 without byte order mark; the matrix of round-trip.test.ts makes the other forms of it. */
export const VCXPROJ = `<?xml version="1.0" encoding="utf-8"?>
<Project DefaultTargets="Build" ToolsVersion="12.0" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
  <!-- Treiber für Größe: <Import Project="$(VCTargetsPath)\\Microsoft.Cpp.targets" /> is only a comment here -->
  <ItemGroup Label="ProjectConfigurations">
    <ProjectConfiguration Include="Release|x64">
      <Configuration>Release</Configuration>
      <Platform>x64</Platform>
    </ProjectConfiguration>
  </ItemGroup>
  <PropertyGroup Label="Globals">
    <ProjectGuid>{11111111-2222-3333-4444-555555555555}</ProjectGuid>
  </PropertyGroup>
  <Import Project="$(VCTargetsPath)\\Microsoft.Cpp.Default.props" />
  <PropertyGroup Condition="'$(Configuration)|$(Platform)'=='Release|x64'" Label="Configuration">
    <TargetVersion>Windows10</TargetVersion>
    <PlatformToolset>WindowsKernelModeDriver10.0</PlatformToolset>
    <ConfigurationType>Driver</ConfigurationType>
    <DriverType>KMDF</DriverType>
  </PropertyGroup>
  <Import Project="$(VCTargetsPath)\\Microsoft.Cpp.props" />
  <ItemGroup>
    <ClCompile Include="driver.c" />
  </ItemGroup>
  <Import Project="$(VCTargetsPath)\\Microsoft.Cpp.targets" />
  <ImportGroup Label="ExtensionTargets">
  </ImportGroup>
</Project>
`;

/** An application; no driver. */
export const APPLICATION = VCXPROJ.replace('>Driver<', '>Application<')
  .replace('WindowsKernelModeDriver10.0', 'v143')
  .replace('    <DriverType>KMDF</DriverType>\n', '');

export const BUILD_PROPS = `<?xml version="1.0" encoding="utf-8"?>
<Project>
  <!-- of the whole repository -->
  <PropertyGroup>
    <HvciFixMode>check</HvciFixMode>
  </PropertyGroup>
</Project>
`;

export const CMAKE_LISTS = `# A driver; project(not this one)
cmake_minimum_required(VERSION 3.21)
#[[ project(nor this)
]]
project(Größe   # the name
        LANGUAGES C)  # and a comment

add_library(driver SHARED driver.c)
set_target_properties(driver PROPERTIES SUFFIX ".sys")
`;

export const BEGIN =
  'hvci-fix: begin. Checks each linked driver for memory integrity. Written by hvci-fix init, which can undo it.';

/** What wiring must put before the import of Microsoft.Cpp.targets in VCXPROJ. */
export const VCXPROJ_LINES = `  <!-- ${BEGIN} -->
  <Import Project="$(MSBuildThisFileDirectory)node_modules/hvci-fix/msbuild/hvci-fix.props" />
  <!-- hvci-fix: end -->
`;

export const BUILD_PROPS_LINES = `  <!-- ${BEGIN} -->
  <Import Project="$(MSBuildThisFileDirectory)node_modules/hvci-fix/msbuild/hvci-fix.props" Condition="'$(MSBuildProjectExtension)' == '.vcxproj'" />
  <!-- hvci-fix: end -->
`;

export const CMAKE_BLOCK = `# ${BEGIN}
find_package(hvci-fix CONFIG REQUIRED
             PATHS "\${CMAKE_CURRENT_LIST_DIR}/node_modules/hvci-fix/cmake" NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
hvci_fix_enable()
# hvci-fix: end
`;
