-- Up Migration

CREATE TABLE "daily_closings" (
	"date" date PRIMARY KEY,
	"totals" jsonb NOT NULL,
	"counted_cash" bigint NOT NULL,
	"closed_by" uuid NOT NULL,
	"closed_at" timestamp with time zone NOT NULL
);
CREATE TABLE "receipts" (
	"id" uuid PRIMARY KEY,
	"year" integer NOT NULL,
	"number" integer NOT NULL,
	"walk_in_id" uuid UNIQUE,
	"booking_id" uuid UNIQUE,
	"content" jsonb NOT NULL,
	"issued_at" timestamp with time zone NOT NULL,
	CONSTRAINT "receipts_of_one" CHECK (num_nonnulls("walk_in_id", "booking_id") = 1)
);
CREATE UNIQUE INDEX "receipts_number" ON "receipts" ("year","number");
ALTER TABLE "receipts" ADD CONSTRAINT "receipts_booking_id_bookings_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id");
ALTER TABLE "receipts" ADD CONSTRAINT "receipts_walk_in_id_walk_ins_id_fkey" FOREIGN KEY ("walk_in_id") REFERENCES "walk_ins"("id");

-- Down Migration

DROP TABLE "daily_closings";
DROP TABLE "receipts";
