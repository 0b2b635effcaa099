/** Words that lists of stolen passwords begin with (SecLists, "10k-most-common"), and what people here put for them. */
export const weakWords = new Set(
  `password passwort motdepasse passw pass secret admin administrator administrateur root user login welcome bienvenue
  bonjour changeme letmein qwerty azerty qwertz qwertyuiop azertyuiop asdf asdfgh asdfghjk asdfghjkl zxcvbn zxcvbnm qwer
  qwert qazwsx abc abcd abcde abcdef abcdefg abcdefgh iloveyou jetaime loveyou monkey dragon master superman batman shadow
  sunshine princess princesse football baseball basketball soccer hockey mustang michael jennifer jordan harley hunter
  trustno ranger buster thomas tigger robert killer george charlie andrew michelle jessica pepper daniel access joshua
  maggie starwars silver william dallas yankees hello amanda orange freedom computer thunder nicole ginger heather hammer
  summer corvette taylor austin merlin matthew golfer cheese martin chelsea patrick richard diamond yellow bigdog sparky
  cowboy camaro anthony matrix falcon bailey guitar jackson purple scooter phoenix tigers porsche mickey maverick cookie
  nascar peanut justin money samantha steelers joseph snoopy boomer whatever iceman smokey gateway dakota cowboys eagles
  chicken black please andrea ferrari knight melissa compaq coffee johnny bulldog player wizard junior internet banana
  monster spider lakers miller rabbit mercedes marseille pokemon soleil doudou loulou chouchou azer test testing tester
  default guest invite temp temporary system oracle postgres mysql server`.split(/\s+/),
)

/** Those of the same list that mix letters and digits, and are not a word with something around it. */
export const weakPasswords = new Set(
  `1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qaz2wsx3edc q1w2e3r4 q1w2e3r4t5 a1b2c3d4 1a2b3c4d zaq12wsx zaq1zaq1 1passwor a1s2d3f4
  qwe123asd qweasd123 123qweasd 123qwe123 qwer1234 1234qwer asdf1234 1234asdf abcd1234 1234abcd abc123abc 123abc123 abc12345
  12345abc 12345qwert qwerty12 12qwaszx passw0rd p4ssw0rd pa55word pa55w0rd trustno1 ncc1701d ncc1701e blink182 rush2112
  catch22 bond007 agent007 james007 access14 thx1138a 007bond7 qazwsx123 zxcvbnm1 asd123asd 1qazxsw2 azerty123 a12345678
  a123456789 1234567a 12345678a 123456789a q12345678 aa123456 aa12345678 123456aa`.split(/\s+/),
)
