#!/bin/bash
# What runs on the host before kgo-tui: the runbook's steps, one after the other.
# monitor: every CHECK_INTERVAL seconds; deploy: now, also when nothing changed.

REPO_DIR="${REPO_DIR:-/home/koprogo/koprogo}"
BRANCH="${BRANCH:-main}"
CHECK_INTERVAL="${CHECK_INTERVAL:-180}"
DEPLOY_DIR="$REPO_DIR/deploy/production"

. "$DEPLOY_DIR/.env"
HEALTH_URL="https://api.${DOMAIN}/api/v1/health"
git() { command git -c safe.directory="$REPO_DIR" "$@"; }

health_check() {
    for _ in {1..10}; do
        RESPONSE=$(curl -s -o /dev/null -w "%{http_code}" -k "$HEALTH_URL")
        if [ "$RESPONSE" = "200" ]; then
            echo "✅ Health check réussi"
            return 0
        fi
        sleep 10
    done
    echo "❌ Health check échoué après 10 tentatives"
    return 1
}

fix_permissions() { chown -R koprogo:koprogo "$REPO_DIR/.git"; }

rollback() {
    echo "🔄 Rollback vers version précédente..."
    git reset --hard HEAD^
    docker compose up -d --force-recreate
}

update() {
    cd "$REPO_DIR" || exit 1
    if ! git pull origin "$BRANCH"; then
        echo "❌ Erreur git pull"
        fix_permissions
        return 1
    fi
    cd "$DEPLOY_DIR" || exit 1
    docker compose pull
    docker compose up -d --pull always
    health_check || rollback
    fix_permissions
}

check() {
    echo "Checking for updates"
    cd "$REPO_DIR" || exit 1
    git fetch origin "$BRANCH"
    LOCAL=$(git rev-parse HEAD)
    REMOTE=$(git rev-parse "origin/$BRANCH")
    if [ "$LOCAL" != "$REMOTE" ]; then
        echo "📦 Nouveau commit détecté: $REMOTE"
        update
    fi
    fix_permissions
}

case "${1:-}" in
    monitor) while true; do check; sleep "$CHECK_INTERVAL"; done ;;
    deploy) update ;;
    *) echo "Usage: $0 monitor|deploy" >&2; exit 2 ;;
esac
