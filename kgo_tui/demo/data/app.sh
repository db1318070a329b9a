#!/bin/sh
# The sample application. VARIANT says how it behaves, VERSION which release it is; both are baked into the image.
# As PID 1 it must trap TERM itself, or every stop would take Docker's ten seconds.

HEALTH=/api/v1/health

respond() { # STATUS BODY [HEADER]
    printf 'HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %s\r\n%sConnection: close\r\n\r\n%s' \
        "$1" "${#2}" "${3:+$3
}" "$2"
}

every_other_time() {
    if rmdir /run/odd 2>/dev/null; then return 1; fi
    mkdir /run/odd
}

awake() { [ "$(date +%s)" -ge "$(($(cat /run/started) + ${SLOW_S:-2}))" ]; }

drip() { # a body that is promised and never ends
    printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n'
    while printf .; do usleep 200000; done
}

health() {
    case $VARIANT in
        unhealthy) respond '404 Not Found' 'no such page' ;;
        error500) respond '500 Internal Server Error' 'database is locked' ;;
        redirect) respond '302 Found' moved 'Location: /maintenance' ;;
        slowbody) drip ;;
        flapping) if every_other_time; then respond '200 OK' "$VERSION"; else respond '500 Oops' flapped; fi ;;
        slow) if awake; then respond '200 OK' "$VERSION"; else respond '503 Starting' 'not yet'; fi ;;
        *) respond '200 OK' "$VERSION" ;;
    esac
}

answer() {
    read -r _method path _protocol
    # Unread request bytes would turn the close into a reset, and the client would lose the answer.
    while read -r header && [ "$header" != "$(printf '\r')" ] && [ -n "$header" ]; do :; done
    case $path in
        $HEALTH) health ;;
        /slow/*) sleep "${path#/slow/}"; respond '200 OK' "$VERSION" ;;
        *) respond '200 OK' "$VERSION $VARIANT" ;;
    esac
}

rest() { # a background child, so that the trap runs at once
    sleep "$1" &
    wait $!
}

serve() {
    date +%s >/run/started
    nc -ll -p 8080 -e /app.sh answer &
    echo "$VERSION is listening on 8080"
    if [ "$VARIANT" = fragile ]; then rest "${FRAGILE_S:-1}"; echo 'fatal: lost the database' >&2; exit 1; fi
    wait $!
}

[ "$1" = answer ] && { answer; exit 0; }
trap 'echo "asked to stop"; exit 0' TERM INT
echo "starting $VERSION ($VARIANT)"
case $VARIANT in
    crash) rest 0.2; echo 'panicked: migration 42 is missing' >&2; exit 1 ;;
    done) echo 'migrated'; exit 0 ;;
    failed) echo 'migration failed: relation "users" exists' >&2; exit 1 ;;
    idle) while :; do rest 3600; done ;;
    *) serve ;;
esac
