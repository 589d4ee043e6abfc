"""A small program of its own that starts the programs of the local runner, and loses sight of none.

    executor ──── spawner                  one per executor, small, so that forking it is cheap
       │             ├── keeper            one per running execution, kept for the next ones
       └─────────────┴── keeper ── sh      talks to the executor over its own socket
                            └── sleep      left behind by an earlier step

Each keeper is a child subreaper (prctl(2)): whatever a job starts, however often it forks, changes its process group
or its session, ends up as a descendant of that keeper and of nobody else. "No child is left" (ECHILD) is therefore an
exact statement, not a guess. A keeper that loses its executor kills its programs and removes their directory; the
orphans of a keeper that is killed itself fall to the spawner, which kills them.

An execution of one step costs one question and two answers: the keeper starts the first program as soon as the
directory is there, and removes that with the end of the last one, unless something of the job still runs.

These modules use the standard library only and import each other relatively: the program runs as the top-level
package `local_spawner`, isolated from the environment, without site-packages.
"""
