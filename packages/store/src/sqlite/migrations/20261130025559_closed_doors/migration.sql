ALTER TABLE `audit` ADD `mac` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `enrolments` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `idempotency` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `order_logs` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `orders` ADD `answerable` text;--> statement-breakpoint
ALTER TABLE `orders` ADD `placement_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `orders` ADD `report_digest` text;--> statement-breakpoint
ALTER TABLE `orders` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `runners` ADD `instance` text;--> statement-breakpoint
ALTER TABLE `runners` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `schedules` ADD `answerable` text;--> statement-breakpoint
ALTER TABLE `schedules` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `servers` ADD `row_seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `tokens` ADD `row_seal` text DEFAULT '' NOT NULL;