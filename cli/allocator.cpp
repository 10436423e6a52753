// How the program's allocator is to behave; its own file, since only the program is linked with jemalloc.
//
// With several arenas jemalloc 5.3 falls over where there is no memory left to begin another one for a new thread; with
// one it says so, and the program ends with CL9001. Threads have caches of their own in front of it, also for what is
// as large as the tables of a hub.

extern "C" {
/// Read by jemalloc before anything else (its manual, "TUNING").
extern const char* malloc_conf;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): jemalloc's name and type
const char* malloc_conf = "narenas:1,tcache_max:1048576";  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
}
