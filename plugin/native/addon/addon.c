/*
 * The Node-API side. Errors of Windows are returned, as `status` (NTSTATUS); nothing is thrown. Where Node itself fails
 * (no memory, an environment that is going down) a function returns undefined.
 */
#include <node_api.h>

#include "system.h"

#define OK(call) ((call) == napi_ok)

static BOOL setNumber(napi_env env, napi_value object, const char *name, ULONG number) {
  napi_value value;
  return OK(napi_create_uint32(env, number, &value)) && OK(napi_set_named_property(env, object, name, value));
}

/* { status, options } */
static napi_value codeIntegrityOptions(napi_env env, napi_callback_info info) {
  (void)info;
  ULONG options;
  napi_value answer;
  const NTSTATUS status = queryCodeIntegrityOptions(&options);
  if (OK(napi_create_object(env, &answer)) && setNumber(env, answer, "status", (ULONG)status) &&
      setNumber(env, answer, "options", options))
    return answer;
  return NULL;
}

static BOOL setPath(napi_env env, napi_value object, const LoadedModule *module) {
  int length = 0;
  const int room = (int)sizeof module->fullPathName;
  while (length < room && module->fullPathName[length] != 0) length++;
  WCHAR text[sizeof module->fullPathName];
  /* One unit a byte at most, in every ANSI code page and in UTF-8. */
  const int units =
      length == 0 ? 0 : MultiByteToWideChar(CP_ACP, 0, (const char *)module->fullPathName, length, text, room);
  napi_value path;
  napi_value cut;
  return OK(napi_create_string_utf16(env, (const char16_t *)text, units < 0 ? 0 : (size_t)units, &path)) &&
         OK(napi_set_named_property(env, object, "path", path)) && OK(napi_get_boolean(env, length == room, &cut)) &&
         OK(napi_set_named_property(env, object, "cut", cut));
}

/* { path, cut, base, size } */
static BOOL toObject(napi_env env, const LoadedModule *module, napi_value *object) {
  napi_value base;
  return OK(napi_create_object(env, object)) && setPath(env, *object, module) &&
         OK(napi_create_bigint_uint64(env, (uint64_t)(uintptr_t)module->imageBase, &base)) &&
         OK(napi_set_named_property(env, *object, "base", base)) &&
         setNumber(env, *object, "size", module->imageSize);
}

static BOOL addModule(napi_env env, napi_value array, ULONG index, const LoadedModule *module) {
  napi_handle_scope scope;
  if (!OK(napi_open_handle_scope(env, &scope))) return FALSE;
  napi_value object;
  const BOOL added = toObject(env, module, &object) && OK(napi_set_element(env, array, index, object));
  return OK(napi_close_handle_scope(env, scope)) && added;
}

static BOOL addModules(napi_env env, napi_value array, const LoadedModules *list) {
  for (ULONG index = 0; list != NULL && index < list->numberOfModules; index++)
    if (!addModule(env, array, index, &list->modules[index])) return FALSE;
  return TRUE;
}

/* { status, modules: [{ path, cut, base, size }] } */
static napi_value loadedModules(napi_env env, napi_callback_info info) {
  (void)info;
  LoadedModules *list;
  napi_value answer;
  napi_value modules;
  const NTSTATUS status = queryLoadedModules(&list);
  const BOOL made = OK(napi_create_object(env, &answer)) && setNumber(env, answer, "status", (ULONG)status) &&
                    OK(napi_create_array(env, &modules)) && addModules(env, modules, list) &&
                    OK(napi_set_named_property(env, answer, "modules", modules));
  freeModules(list);
  return made ? answer : NULL;
}

static BOOL exportFunction(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value function;
  return OK(napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function)) &&
         OK(napi_set_named_property(env, exports, name, function));
}

NAPI_MODULE_INIT() {
  if (exportFunction(env, exports, "codeIntegrityOptions", codeIntegrityOptions) &&
      exportFunction(env, exports, "loadedModules", loadedModules))
    return exports;
  return NULL;
}

/* In place of the run-time library's, which is not linked. */
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved) {
  (void)instance, (void)reason, (void)reserved;
  return TRUE;
}
