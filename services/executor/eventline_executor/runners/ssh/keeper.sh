# Watches over one execution: "term" and "kill" on standard input signal all its processes, "clean" or the end of
# standard input, which comes when the executor or the connection is gone, ends them all and removes the directory.
# Set above: directory, control, owner.

trap '' PIPE HUP TERM INT
LC_ALL=C export LC_ALL

# The marked processes: our variable, our descriptor, or our directory.
marked() {
    grep -lsF "EVENTLINE_DIR=$directory" /proc/[0-9]*/environ
    ls -l /proc/[0-9]*/fd 2>/dev/null | place=" -> $control/mark" awk '/^\/proc\// { path = $0 } index($0, ENVIRON["place"]) { print path }'
    ls -ld /proc/[0-9]*/cwd 2>/dev/null | place=" -> $directory" awk 'index($0, ENVIRON["place"]) { print $(NF - 2) }'
}

# Them, and all that descend from them; zombies do not count.
ours() {
    if [ ! -r /proc/self/stat ]; then
        [ ! -s "$control/leader" ] || echo "-$(cat "$control/leader")"
        return
    fi
    marked=$(marked | tr '\n' ' ')
    cat /proc/[0-9]*/stat 2>/dev/null | marked=$marked awk '
        { pid = $1; sub(/^.*\) /, ""); parent[pid] = $2; if ($1 == "Z" || $1 == "X") dead[pid] = 1 }
        END {
            count = split(ENVIRON["marked"], paths, " ")
            for (i = 1; i <= count; i++) { split(paths[i], parts, "/"); found[parts[3]] = 1 }
            do {
                grown = 0
                for (pid in parent) if (!(pid in found) && (parent[pid] in found)) { found[pid] = 1; grown = 1 }
            } while (grown)
            for (pid in found) if (pid in parent && !(pid in dead)) print pid
        }'
}

# Sends a signal to all of them; succeeds if there were any.
signal() {
    pids=$(ours)
    [ -n "$pids" ] || return 1
    kill -s "$1" -- $pids 2>/dev/null
    return 0
}

pause() { sleep 0.1 2>/dev/null || sleep 1; }

end() {
    signal TERM || return
    signal CONT
    for _ in 1 2 3 4 5 6 7 8; do [ -n "$(ours)" ] || return; pause; done
    finish
}

finish() {
    rounds=0
    while signal KILL; do
        rounds=$((rounds + 1))
        [ "$rounds" -lt 50 ] || return
        [ "$rounds" -lt 3 ] || pause
    done
}

remove() {
    [ -e "$1" ] || return 0
    rm -rf -- "$1" 2>/dev/null
    [ ! -e "$1" ] || chmod -R u+rwx -- "$1" 2>/dev/null
    rm -rf -- "$1"
}

cd /
[ ! -e "$directory" ] || finish
remove "$directory" && mkdir -m 700 -- "$directory" || exit 1
: >"$control/mark"
echo ready

while read -r request; do
    case $request in
    term) signal TERM; signal CONT; echo done ;;
    kill) finish; echo done ;;
    clean) break ;;
    esac
done

# Another attempt may have taken the place meanwhile.
[ "$(cat "$control/owner" 2>/dev/null)" = "$owner" ] || exit 0
end
remove "$directory" && remove "$control"
