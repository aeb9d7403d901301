/*
 * FxDriverEntry, the entry point of a KMDF driver: binds to the framework, then calls the driver's own DriverEntry. No
 * kernel header: mingw's define functions that two objects of one driver cannot both have.
 */
struct driver_object;
struct unicode_string;
typedef int NTSTATUS;

__declspec(dllimport) NTSTATUS WdfVersionBind(struct driver_object *driver, struct unicode_string *registryPath,
                                              void *bindInfo, const void **functions);
NTSTATUS DriverEntry(struct driver_object *driver, struct unicode_string *registryPath);
NTSTATUS FxDriverEntry(struct driver_object *driver, struct unicode_string *registryPath);

const void *WdfFunctions;

NTSTATUS FxDriverEntry(struct driver_object *driver, struct unicode_string *registryPath) {
  NTSTATUS status = WdfVersionBind(driver, registryPath, 0, &WdfFunctions);
  return status >= 0 ? DriverEntry(driver, registryPath) : status;
}
