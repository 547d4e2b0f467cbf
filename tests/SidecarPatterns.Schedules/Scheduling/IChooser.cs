namespace SidecarPatterns;

/// <summary>Decides who goes on.</summary>
internal interface IChooser
{
    /// <summary>Another thread may go on here, at a cost, or the same one.</summary>
    /// <param name="others">How many others could.</param>
    /// <returns>0 for the same one, else which of the others.</returns>
    int ChooseAtPoint(int others);

    /// <summary>One of several has to go on.</summary>
    /// <param name="count">How many.</param>
    /// <returns>Which of them, from 0.</returns>
    int ChooseOne(int count);
}
