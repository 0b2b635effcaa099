-- Up Migration

-- Equality of a column in an index of ranges.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE "booking_services" (
	"booking_id" uuid NOT NULL,
	"service_id" uuid NOT NULL,
	"name" text NOT NULL,
	"price" bigint NOT NULL,
	"duration_min" integer NOT NULL
);
CREATE TABLE "bookings" (
	"id" uuid PRIMARY KEY,
	"customer_id" uuid NOT NULL,
	"vehicle_id" uuid NOT NULL,
	"type" text NOT NULL,
	"status" text NOT NULL,
	"slot_id" uuid NOT NULL UNIQUE,
	"staff_slot_id" uuid UNIQUE,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"local_date" date NOT NULL,
	"local_time" text NOT NULL,
	"zone" text NOT NULL,
	"duration_min" integer NOT NULL,
	"price" bigint NOT NULL,
	"fee" bigint DEFAULT 0 NOT NULL,
	"overtime_fee" bigint DEFAULT 0 NOT NULL,
	"hold_expires_at" timestamp with time zone,
	"actual_start_at" timestamp with time zone,
	"actual_end_at" timestamp with time zone,
	"end_reason" text,
	"notes" text,
	"phone_number" text,
	"latitude" double precision,
	"longitude" double precision,
	"rating" integer,
	"feedback" text,
	"rated_at" timestamp with time zone,
	"series_id" uuid,
	"reminded_at" timestamp with time zone,
	"revision" integer DEFAULT 0 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "bookings_rating" CHECK ("rating" between 1 and 5)
);
CREATE TABLE "business_hours" (
	"weekday" integer PRIMARY KEY,
	"hours" jsonb NOT NULL
);
CREATE TABLE "categories" (
	"id" uuid PRIMARY KEY,
	"name" text NOT NULL UNIQUE,
	"description" text,
	"display_order" integer DEFAULT 0 NOT NULL,
	"active" boolean DEFAULT true NOT NULL
);
CREATE TABLE "closures" (
	"id" uuid PRIMARY KEY,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"reason" text NOT NULL,
	"resource_id" uuid,
	"created_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "closures_end_later" CHECK ("starts_at" < "ends_at")
);
CREATE TABLE "exceptional_days" (
	"date" date PRIMARY KEY,
	"hours" jsonb NOT NULL,
	"reason" text
);
CREATE TABLE "idempotency_keys" (
	"caller" text,
	"route" text,
	"key" text,
	"fingerprint" text NOT NULL,
	"owner" text NOT NULL,
	"locked_until" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"status" integer,
	"content_type" text,
	"location" text,
	"body" text,
	CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY("caller","route","key")
);
CREATE TABLE "identity_accounts" (
	"id" uuid PRIMARY KEY,
	"email" text NOT NULL,
	"email_key" text NOT NULL UNIQUE,
	"password_hash" text NOT NULL,
	"role" text NOT NULL,
	"token_version" integer DEFAULT 0 NOT NULL,
	"email_verified_at" timestamp with time zone,
	"disabled_at" timestamp with time zone,
	"password_changed_at" timestamp with time zone NOT NULL,
	"last_login_at" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL
);
CREATE TABLE "identity_attempts" (
	"key" text PRIMARY KEY,
	"count" integer NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"blocked_until" timestamp with time zone
);
CREATE TABLE "identity_known_clients" (
	"account_id" uuid,
	"kind" text,
	"hash" text,
	"last_seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "identity_known_clients_pkey" PRIMARY KEY("account_id","kind","hash")
);
CREATE TABLE "identity_one_time_tokens" (
	"hash" text PRIMARY KEY,
	"account_id" uuid NOT NULL,
	"purpose" text NOT NULL,
	"email_key" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
CREATE TABLE "identity_recovery_codes" (
	"account_id" uuid,
	"hash" text,
	"used_at" timestamp with time zone,
	CONSTRAINT "identity_recovery_codes_pkey" PRIMARY KEY("account_id","hash")
);
CREATE TABLE "identity_refresh_tokens" (
	"hash" text PRIMARY KEY,
	"session_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"successor_hash" text,
	"successor_sealed" text
);
CREATE TABLE "identity_sessions" (
	"id" uuid PRIMARY KEY,
	"account_id" uuid NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"end_reason" text,
	"rotations" integer DEFAULT 0 NOT NULL
);
CREATE TABLE "identity_totp" (
	"account_id" uuid PRIMARY KEY,
	"secret_sealed" text NOT NULL,
	"confirmed" boolean DEFAULT false NOT NULL,
	"last_step" bigint
);
CREATE TABLE "mobile_teams" (
	"id" uuid PRIMARY KEY,
	"name" text NOT NULL UNIQUE,
	"base_latitude" double precision,
	"base_longitude" double precision,
	"radius_m" integer NOT NULL,
	"daily_capacity" integer NOT NULL
);
CREATE TABLE "payments" (
	"id" uuid PRIMARY KEY,
	"walk_in_id" uuid,
	"booking_id" uuid,
	"amount" bigint NOT NULL,
	"method" text NOT NULL,
	"reference" text,
	"taken_by" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "payments_of_one" CHECK (num_nonnulls("walk_in_id", "booking_id") = 1),
	CONSTRAINT "payments_of_something" CHECK ("amount" <> 0)
);
CREATE TABLE "profiles" (
	"account_id" uuid PRIMARY KEY,
	"first_name" text NOT NULL,
	"last_name" text NOT NULL,
	"phone_number" text
);
CREATE TABLE "resource_hours" (
	"resource_id" uuid NOT NULL,
	"weekday" integer NOT NULL,
	"hours" jsonb NOT NULL
);
CREATE TABLE "resources" (
	"id" uuid PRIMARY KEY,
	"kind" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE "series" (
	"id" uuid PRIMARY KEY,
	"customer_id" uuid NOT NULL,
	"date" date NOT NULL,
	"time" text NOT NULL,
	"zone" text NOT NULL,
	"every_weeks" integer NOT NULL,
	"count" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE "services" (
	"id" uuid PRIMARY KEY,
	"category_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"price" bigint NOT NULL,
	"duration_min" integer NOT NULL,
	"popular" boolean DEFAULT false NOT NULL,
	"status" text DEFAULT 'active' NOT NULL
);
CREATE TABLE "site" (
	"id" integer PRIMARY KEY DEFAULT 1,
	"name" text NOT NULL,
	"zone" text NOT NULL,
	"currency" text NOT NULL,
	"step_min" integer NOT NULL,
	"buffer_before_min" integer NOT NULL,
	"buffer_after_min" integer NOT NULL,
	"notice_min" integer NOT NULL,
	"horizon_days" integer NOT NULL,
	"hold_min" integer NOT NULL,
	"tax_basis_points" integer DEFAULT 0 NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "site_is_one" CHECK ("id" = 1)
);
CREATE TABLE "staff_members" (
	"id" uuid PRIMARY KEY,
	"account_id" uuid UNIQUE,
	"employee_code" text NOT NULL UNIQUE,
	"first_name" text NOT NULL,
	"last_name" text NOT NULL,
	"phone_number" text,
	"employment" text NOT NULL,
	"team_id" uuid
);
CREATE TABLE "time_slots" (
	"id" uuid PRIMARY KEY,
	"resource_id" uuid NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"blocked" tstzrange NOT NULL,
	"released" boolean DEFAULT false NOT NULL,
	CONSTRAINT "time_slots_blocked" CHECK ("blocked" @> tstzrange("starts_at", "ends_at")),
	CONSTRAINT "time_slots_end_later" CHECK ("starts_at" < "ends_at")
);
CREATE TABLE "vehicles" (
	"id" uuid PRIMARY KEY,
	"customer_id" uuid NOT NULL,
	"make" text NOT NULL,
	"model" text NOT NULL,
	"year" integer NOT NULL,
	"color" text,
	"license_plate" text NOT NULL,
	"size" text NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"deleted_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE "walk_in_services" (
	"id" uuid PRIMARY KEY,
	"walk_in_id" uuid NOT NULL,
	"name" text NOT NULL,
	"price" bigint NOT NULL,
	"duration_min" integer NOT NULL
);
CREATE TABLE "walk_ins" (
	"id" uuid PRIMARY KEY,
	"status" text NOT NULL,
	"slot_id" uuid UNIQUE,
	"vehicle" jsonb NOT NULL,
	"customer_name" text,
	"customer_phone" text,
	"discount_percent" integer DEFAULT 0 NOT NULL,
	"taken_by" uuid NOT NULL,
	"completed_at" timestamp with time zone,
	"cancel_reason" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE "wash_bays" (
	"id" uuid PRIMARY KEY,
	"bay_number" text NOT NULL UNIQUE,
	"max_vehicle_size" text NOT NULL,
	"equipment" jsonb DEFAULT '[]' NOT NULL,
	"latitude" double precision,
	"longitude" double precision
);
CREATE UNIQUE INDEX "booking_services_once" ON "booking_services" ("booking_id","service_id");
CREATE INDEX "bookings_customer" ON "bookings" ("customer_id","starts_at");
CREATE INDEX "bookings_holds" ON "bookings" ("hold_expires_at") WHERE "status" = 'pending';
CREATE INDEX "bookings_start" ON "bookings" ("starts_at");
CREATE INDEX "closures_end" ON "closures" ("ends_at");
CREATE INDEX "identity_attempts_last" ON "identity_attempts" ("last_at");
CREATE INDEX "identity_one_time_tokens_account" ON "identity_one_time_tokens" ("account_id","purpose");
CREATE INDEX "identity_refresh_tokens_session" ON "identity_refresh_tokens" ("session_id");
CREATE INDEX "identity_sessions_account" ON "identity_sessions" ("account_id");
CREATE INDEX "identity_sessions_expiry" ON "identity_sessions" ("expires_at");
CREATE INDEX "payments_booking" ON "payments" ("booking_id");
CREATE INDEX "payments_day" ON "payments" ("created_at");
CREATE INDEX "payments_walk_in" ON "payments" ("walk_in_id");
CREATE UNIQUE INDEX "resource_hours_day" ON "resource_hours" ("resource_id","weekday");
CREATE UNIQUE INDEX "services_name" ON "services" ("category_id","name");
CREATE UNIQUE INDEX "vehicles_default" ON "vehicles" ("customer_id") WHERE "is_default" and "deleted_at" is null;
CREATE UNIQUE INDEX "vehicles_plate" ON "vehicles" ("customer_id","license_plate") WHERE "deleted_at" is null;
ALTER TABLE "booking_services" ADD CONSTRAINT "booking_services_booking_id_bookings_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id");
ALTER TABLE "booking_services" ADD CONSTRAINT "booking_services_service_id_services_id_fkey" FOREIGN KEY ("service_id") REFERENCES "services"("id");
ALTER TABLE "bookings" ADD CONSTRAINT "bookings_series_id_series_id_fkey" FOREIGN KEY ("series_id") REFERENCES "series"("id");
ALTER TABLE "bookings" ADD CONSTRAINT "bookings_slot_id_time_slots_id_fkey" FOREIGN KEY ("slot_id") REFERENCES "time_slots"("id");
ALTER TABLE "bookings" ADD CONSTRAINT "bookings_staff_slot_id_time_slots_id_fkey" FOREIGN KEY ("staff_slot_id") REFERENCES "time_slots"("id");
ALTER TABLE "bookings" ADD CONSTRAINT "bookings_vehicle_id_vehicles_id_fkey" FOREIGN KEY ("vehicle_id") REFERENCES "vehicles"("id");
ALTER TABLE "closures" ADD CONSTRAINT "closures_resource_id_resources_id_fkey" FOREIGN KEY ("resource_id") REFERENCES "resources"("id");
ALTER TABLE "identity_known_clients" ADD CONSTRAINT "identity_known_clients_account_id_identity_accounts_id_fkey" FOREIGN KEY ("account_id") REFERENCES "identity_accounts"("id") ON DELETE CASCADE;
ALTER TABLE "identity_one_time_tokens" ADD CONSTRAINT "identity_one_time_tokens_account_id_identity_accounts_id_fkey" FOREIGN KEY ("account_id") REFERENCES "identity_accounts"("id") ON DELETE CASCADE;
ALTER TABLE "identity_recovery_codes" ADD CONSTRAINT "identity_recovery_codes_account_id_identity_accounts_id_fkey" FOREIGN KEY ("account_id") REFERENCES "identity_accounts"("id") ON DELETE CASCADE;
ALTER TABLE "identity_refresh_tokens" ADD CONSTRAINT "identity_refresh_tokens_session_id_identity_sessions_id_fkey" FOREIGN KEY ("session_id") REFERENCES "identity_sessions"("id") ON DELETE CASCADE;
ALTER TABLE "identity_sessions" ADD CONSTRAINT "identity_sessions_account_id_identity_accounts_id_fkey" FOREIGN KEY ("account_id") REFERENCES "identity_accounts"("id") ON DELETE CASCADE;
ALTER TABLE "identity_totp" ADD CONSTRAINT "identity_totp_account_id_identity_accounts_id_fkey" FOREIGN KEY ("account_id") REFERENCES "identity_accounts"("id") ON DELETE CASCADE;
ALTER TABLE "mobile_teams" ADD CONSTRAINT "mobile_teams_id_resources_id_fkey" FOREIGN KEY ("id") REFERENCES "resources"("id");
ALTER TABLE "payments" ADD CONSTRAINT "payments_booking_id_bookings_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id");
ALTER TABLE "payments" ADD CONSTRAINT "payments_walk_in_id_walk_ins_id_fkey" FOREIGN KEY ("walk_in_id") REFERENCES "walk_ins"("id");
ALTER TABLE "resource_hours" ADD CONSTRAINT "resource_hours_resource_id_resources_id_fkey" FOREIGN KEY ("resource_id") REFERENCES "resources"("id");
ALTER TABLE "services" ADD CONSTRAINT "services_category_id_categories_id_fkey" FOREIGN KEY ("category_id") REFERENCES "categories"("id");
ALTER TABLE "staff_members" ADD CONSTRAINT "staff_members_id_resources_id_fkey" FOREIGN KEY ("id") REFERENCES "resources"("id");
ALTER TABLE "staff_members" ADD CONSTRAINT "staff_members_team_id_mobile_teams_id_fkey" FOREIGN KEY ("team_id") REFERENCES "mobile_teams"("id");
ALTER TABLE "time_slots" ADD CONSTRAINT "time_slots_resource_id_resources_id_fkey" FOREIGN KEY ("resource_id") REFERENCES "resources"("id");
ALTER TABLE "walk_in_services" ADD CONSTRAINT "walk_in_services_walk_in_id_walk_ins_id_fkey" FOREIGN KEY ("walk_in_id") REFERENCES "walk_ins"("id");
ALTER TABLE "walk_ins" ADD CONSTRAINT "walk_ins_slot_id_time_slots_id_fkey" FOREIGN KEY ("slot_id") REFERENCES "time_slots"("id");
ALTER TABLE "wash_bays" ADD CONSTRAINT "wash_bays_id_resources_id_fkey" FOREIGN KEY ("id") REFERENCES "resources"("id");
-- Nobody else's time of the same resource, buffers included, whoever writes it and however.
ALTER TABLE "time_slots" ADD CONSTRAINT "time_slots_apart"
	EXCLUDE USING gist ("resource_id" WITH =, "blocked" WITH &&) WHERE (NOT "released");

-- Down Migration

ALTER TABLE "booking_services" DROP CONSTRAINT "booking_services_booking_id_bookings_id_fkey";
ALTER TABLE "booking_services" DROP CONSTRAINT "booking_services_service_id_services_id_fkey";
ALTER TABLE "bookings" DROP CONSTRAINT "bookings_series_id_series_id_fkey";
ALTER TABLE "bookings" DROP CONSTRAINT "bookings_slot_id_time_slots_id_fkey";
ALTER TABLE "bookings" DROP CONSTRAINT "bookings_staff_slot_id_time_slots_id_fkey";
ALTER TABLE "bookings" DROP CONSTRAINT "bookings_vehicle_id_vehicles_id_fkey";
ALTER TABLE "closures" DROP CONSTRAINT "closures_resource_id_resources_id_fkey";
ALTER TABLE "identity_known_clients" DROP CONSTRAINT "identity_known_clients_account_id_identity_accounts_id_fkey";
ALTER TABLE "identity_one_time_tokens" DROP CONSTRAINT "identity_one_time_tokens_account_id_identity_accounts_id_fkey";
ALTER TABLE "identity_recovery_codes" DROP CONSTRAINT "identity_recovery_codes_account_id_identity_accounts_id_fkey";
ALTER TABLE "identity_refresh_tokens" DROP CONSTRAINT "identity_refresh_tokens_session_id_identity_sessions_id_fkey";
ALTER TABLE "identity_sessions" DROP CONSTRAINT "identity_sessions_account_id_identity_accounts_id_fkey";
ALTER TABLE "identity_totp" DROP CONSTRAINT "identity_totp_account_id_identity_accounts_id_fkey";
ALTER TABLE "mobile_teams" DROP CONSTRAINT "mobile_teams_id_resources_id_fkey";
ALTER TABLE "payments" DROP CONSTRAINT "payments_booking_id_bookings_id_fkey";
ALTER TABLE "payments" DROP CONSTRAINT "payments_walk_in_id_walk_ins_id_fkey";
ALTER TABLE "resource_hours" DROP CONSTRAINT "resource_hours_resource_id_resources_id_fkey";
ALTER TABLE "services" DROP CONSTRAINT "services_category_id_categories_id_fkey";
ALTER TABLE "staff_members" DROP CONSTRAINT "staff_members_id_resources_id_fkey";
ALTER TABLE "staff_members" DROP CONSTRAINT "staff_members_team_id_mobile_teams_id_fkey";
ALTER TABLE "time_slots" DROP CONSTRAINT "time_slots_resource_id_resources_id_fkey";
ALTER TABLE "walk_in_services" DROP CONSTRAINT "walk_in_services_walk_in_id_walk_ins_id_fkey";
ALTER TABLE "walk_ins" DROP CONSTRAINT "walk_ins_slot_id_time_slots_id_fkey";
ALTER TABLE "wash_bays" DROP CONSTRAINT "wash_bays_id_resources_id_fkey";
DROP TABLE "booking_services";
DROP TABLE "bookings";
DROP TABLE "business_hours";
DROP TABLE "categories";
DROP TABLE "closures";
DROP TABLE "exceptional_days";
DROP TABLE "idempotency_keys";
DROP TABLE "identity_accounts";
DROP TABLE "identity_attempts";
DROP TABLE "identity_known_clients";
DROP TABLE "identity_one_time_tokens";
DROP TABLE "identity_recovery_codes";
DROP TABLE "identity_refresh_tokens";
DROP TABLE "identity_sessions";
DROP TABLE "identity_totp";
DROP TABLE "mobile_teams";
DROP TABLE "payments";
DROP TABLE "profiles";
DROP TABLE "resource_hours";
DROP TABLE "resources";
DROP TABLE "series";
DROP TABLE "services";
DROP TABLE "site";
DROP TABLE "staff_members";
DROP TABLE "time_slots";
DROP TABLE "vehicles";
DROP TABLE "walk_in_services";
DROP TABLE "walk_ins";
DROP TABLE "wash_bays";
