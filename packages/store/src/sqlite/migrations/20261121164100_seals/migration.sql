ALTER TABLE `orders` ADD `approval` text;--> statement-breakpoint
ALTER TABLE `schedules` ADD `seal` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `tokens` ADD `seal` text DEFAULT '' NOT NULL;