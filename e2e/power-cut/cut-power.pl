# perl cut-power.pl <mount point>: shuts an ext4 file system down at once, without writing its journal or anything else
# that is still in memory. Node has no ioctl; perl is on every Debian.
use strict;
use warnings;

my ($mount) = @ARGV;
my $EXT4_IOC_SHUTDOWN = 0x8004587d;
my $without_log_flush = pack 'L', 2;
open my $directory, '<', $mount or die "$mount: $!\n";
ioctl $directory, $EXT4_IOC_SHUTDOWN, $without_log_flush or die "cannot shut down $mount: $!\n";
