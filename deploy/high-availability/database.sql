-- Once, on the primary: psql -h 127.0.0.1 -p 5000 -U postgres -f database.sql
create role ikoma login password '<IKOMA_PASSWORD>';
create database ikoma owner ikoma;
