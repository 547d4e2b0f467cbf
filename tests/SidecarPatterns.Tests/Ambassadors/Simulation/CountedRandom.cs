namespace SidecarPatterns.Tests;

/// <summary>A chance that counts how often it was asked: whoever has drawn once more or less than another one will do something else sooner or later.</summary>
internal sealed class CountedRandom(int seed) : Random(seed)
{
    public int Draws { get; private set; }

    public override int Next(int maxValue)
    {
        Draws++;
        return base.Next(maxValue);
    }

    public override long NextInt64()
    {
        Draws++;
        return base.NextInt64();
    }

    public override double NextDouble()
    {
        Draws++;
        return base.NextDouble();
    }
}
