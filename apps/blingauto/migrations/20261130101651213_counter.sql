-- Up Migration

CREATE TABLE "calendar_links" (
	"account_id" uuid PRIMARY KEY,
	"hash" text NOT NULL UNIQUE,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE "receipt_counters" (
	"year" integer PRIMARY KEY,
	"last" integer NOT NULL
);
ALTER TABLE "profiles" ADD COLUMN "locale" text;
ALTER TABLE "walk_in_services" ADD COLUMN "service_id" uuid;
CREATE INDEX "booking_services_service" ON "booking_services" ("service_id");
CREATE INDEX "bookings_series" ON "bookings" ("series_id") WHERE "series_id" is not null;
CREATE INDEX "walk_ins_created" ON "walk_ins" ("created_at");
ALTER TABLE "walk_in_services" ADD CONSTRAINT "walk_in_services_service_id_services_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id");

-- Down Migration

ALTER TABLE "walk_in_services" DROP CONSTRAINT "walk_in_services_service_id_services_id_fkey";
DROP TABLE "calendar_links";
DROP TABLE "receipt_counters";
DROP INDEX "booking_services_service";
DROP INDEX "bookings_series";
DROP INDEX "walk_ins_created";
ALTER TABLE "profiles" DROP COLUMN "locale";
ALTER TABLE "walk_in_services" DROP COLUMN "service_id";
