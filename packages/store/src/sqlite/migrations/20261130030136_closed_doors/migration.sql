CREATE TABLE `secrets` (
	`name` text PRIMARY KEY,
	`version` integer NOT NULL,
	`servers` text,
	`key_version` integer NOT NULL,
	`nonce` text NOT NULL,
	`ciphertext` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`updated_at` integer NOT NULL,
	`updated_by` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `audit` ADD `mac` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `enrolments` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `idempotency` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `order_logs` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `orders` ADD `answerable` text;--> statement-breakpoint
ALTER TABLE `orders` ADD `placement_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `orders` ADD `report_digest` text;--> statement-breakpoint
ALTER TABLE `orders` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `runners` ADD `seal_key` text;--> statement-breakpoint
ALTER TABLE `runners` ADD `runner_seal_key` text;--> statement-breakpoint
ALTER TABLE `runners` ADD `instance` text;--> statement-breakpoint
ALTER TABLE `runners` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `schedules` ADD `answerable` text;--> statement-breakpoint
ALTER TABLE `schedules` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `servers` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `tokens` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `secrets_by_key` ON `secrets` (`key_version`,`name`);