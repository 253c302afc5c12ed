#!/bin/sh
# Safe to run again: a database that exists stays, and only updates that are missing are made. SQL_PASSWORD is read by the tool.
set -eu
for database in temporal temporal_visibility; do
  case $database in
    temporal) schema=temporal ;;
    temporal_visibility) schema=visibility ;;
  esac
  set -- temporal-sql-tool --plugin postgres12 --ep postgresql --port 5432 --user temporal --db "$database"
  "$@" create
  "$@" setup-schema --version 0.0
  "$@" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$schema/versioned"
done
